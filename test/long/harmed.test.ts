import { describe, expect, it } from 'vitest';
import { allCells, cellText, problemOf } from '../support/harmed-targets.js';
import { withFolder } from '../support/folders.js';

/** One in so many cells (`DUPLIFS_CELLS=1` for all of them, some hours). */
const step = Number(process.env['DUPLIFS_CELLS'] ?? 7);
const only = new RegExp(process.env['DUPLIFS_ONLY'] ?? '');

describe('every command on a chain of which one file is lost, cut, exchanged or forged', () => {
  it('gives the right bytes or fails aloud', async () => {
    const problems: string[] = [];
    const cells = allCells().filter((cell, at) => at % step === 0 && only.test(cellText(cell)));
    for (const cell of cells) {
      const problem = await withFolder((work) => problemOf(cell, work)).catch(String);
      if (problem !== undefined) problems.push(`${cellText(cell)}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });
});
