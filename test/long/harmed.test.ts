import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { allCells, cellText, problemOf, protections, writers } from '../support/harmed-targets.js';

/** One in so many cells (`DUPLIFS_CELLS=1` for all of them, half a day). */
const step = Number(process.env['DUPLIFS_CELLS'] ?? 7);
/** Which of them first: runs with others add up to all cells. */
const first = Number(process.env['DUPLIFS_FIRST_CELL'] ?? 0);
const only = new RegExp(process.env['DUPLIFS_ONLY'] ?? '');
const chains = protections.flatMap((protection) =>
  writers.map((writer) => [protection, writer] as const),
);

describe('every command on a chain of which one file is lost, cut, exchanged or forged', () => {
  it.each(chains)('gives the right bytes or fails aloud (%s, %s)', async (protection, writer) => {
    const problems: string[] = [];
    const cells = allCells()
      .filter((cell, at) => at % step === first && only.test(cellText(cell)))
      .filter((cell) => cell.protection === protection && cell.writer === writer);
    await withFolder(async (ofChain) => {
      const work = join(ofChain, 'cell');
      for (const cell of cells) {
        await mkdir(work);
        const problem = await problemOf(cell, work).catch(String);
        await rm(work, { recursive: true, force: true });
        if (problem === undefined) continue;
        console.log(`${cellText(cell)}: ${problem}`); // hours may pass until the end
        problems.push(`${cellText(cell)}: ${problem}`);
      }
    });
    console.log(`${protection} ${writer}: ${cells.length} cells, ${problems.length} wrong`);
    expect(problems).toEqual([]);
  });
});
