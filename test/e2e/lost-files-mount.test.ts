/** Files that are lost, in a mount: sets that are not whole are marked, and nothing is shown that is not known. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import {
  lostSets,
  secondsOf,
  stampOf,
  wholeAfter,
  withLoss,
  wrongIn,
} from '../support/lost-chain.js';
import type { LostSet } from '../support/lost-chain.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';

describe.runIf(canMakeChains && canMount)('a mount of a chain with a file lost', () => {
  it.each([
    ['manifest', 'middle'],
    ['volume', 'newest'],
  ] as const)('(the %s of the %s) marks what is not whole', async (kind, set) => {
    await withLoss({ kind, set }, async ({ chain, target }) => {
      await withMount({ url: target }, async (mounted) => {
        const whole = wholeAfter(kind, set) ?? 'full';
        const folderOf = (one: LostSet): string =>
          new Date(secondsOf(one) * 1000).toISOString().replace('.000', '').replaceAll(':', '-');
        expect(mounted.log).toContain(`${stampOf(set)} is not whole`);
        expect(await readlink(mounted.at('latest'))).toBe(`snapshots/${folderOf(whole)}`);
        expect(await wrongIn(mounted.at('latest', '.'), chain.tree(whole))).toEqual([]);
        const isMarked = (one: LostSet): boolean => lostSets.indexOf(one) >= lostSets.indexOf(set);
        expect(await readdir(mounted.at('snapshots'))).toEqual(
          lostSets.map((one) => folderOf(one) + (isMarked(one) ? '-incomplete' : '')),
        );
        const marked = mounted.at('snapshots', `${folderOf(set)}-incomplete`);
        if (kind === 'manifest') {
          await expect(readdir(marked)).rejects.toMatchObject({ code: 'EIO' });
          await expect(readdir(mounted.at('at', 'now'))).rejects.toMatchObject({ code: 'EIO' });
          expect(mounted.log).toContain('cannot be known: its manifest is missing');
          return;
        }
        expect(await readFile(join(marked, 'same'), 'utf8')).toBe('never changes');
        await expect(readFile(join(marked, 'changed'))).rejects.toMatchObject({ code: 'EIO' });
        const plain = mounted.at('snapshots', folderOf(set), 'same');
        expect(await readFile(plain, 'utf8')).toBe('never changes');
      });
    });
  });

  it('shows what is left of the newest set with --use-incomplete', async () => {
    await withLoss({ kind: 'manifest', set: 'newest' }, async ({ chain, target }) => {
      await withMount({ url: target, args: ['--use-incomplete'] }, async (mounted) => {
        expect(await readlink(mounted.at('latest'))).toContain('-incomplete');
        expect(await wrongIn(mounted.at('latest', '.'), chain.tree('newest'))).toEqual([]);
      });
    });
  });
});
