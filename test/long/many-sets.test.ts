/**
 * Upkeep of a target with 1,000 sets and 100,000 volumes, against duplicity in the same run: what it takes of processor
 * time and memory. Times on the wall are shown and not judged: the machine may have other things to do.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatFileName, formatManifest, sigtarEnd } from '../../src/archive/index.js';
import type { SetTimes } from '../../src/archive/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { measured, measuredDuplifs } from '../support/peak-memory.js';
import type { Measured } from '../support/peak-memory.js';
import { built } from '../support/run.js';

const sets = 1000;
const volumesOfSet = 100;
const setsOfChain = 20;
const firstSeconds = 1_600_000_000;
const daySeconds = 86_400;

/** Of what has seen the target before; the first time every manifest is read, as duplicity does. */
const mostSeconds = 2;
const mostOfDuplicity = 0.5;
const mostBytes = 200e6;

describe('a target of 1,000 sets and 100,000 volumes', () => {
  beforeAll(built);

  it('is listed, pruned and cleaned up in two seconds and 200 MB', async () => {
    await withFolder(async (folder) => {
      const target = join(folder, 'target');
      makeTarget(target);
      const url = `file://${target}`;
      const failures: string[] = [];
      for (const words of [
        ['collection-status'],
        ['prune', '--keep-monthly', '12', '--dry-run'],
        ['cleanup'],
        ['remove-all-but-n-full', '5'],
      ]) {
        const archive = ['--archive-dir', join(folder, 'ours')];
        let firstSecondsOfOurs = 0;
        // the second run is what a machine does that has seen the target before
        for (const time of ['first', 'second']) {
          const ours = await measuredDuplifs([...words, ...archive, url], join(folder, 'note'), {});
          tell(`duplifs ${words.join(' ')} (${time})`, ours);
          expect([ours.status, ours.stderr]).toEqual([0, ours.stderr]);
          if (time === 'first') firstSecondsOfOurs = ours.cpuSeconds;
          else if (ours.cpuSeconds > mostSeconds)
            failures.push(`${words.join(' ')}: ${ours.cpuSeconds} s`);
          if (ours.peakBytes > mostBytes)
            failures.push(`${words.join(' ')}: ${ours.peakBytes} bytes`);
        }
        if (!hasDuplicity || words[0] === 'prune') continue;
        const command = ['duplicity', ...words, '--no-encryption', url];
        const theirs = [...command, '--archive-dir', join(folder, 'theirs')];
        for (const time of ['first', 'second']) {
          const run = await measured(theirs, join(folder, 'note'), { timeoutMs: 600_000 });
          tell(`${words.join(' ')} by duplicity (${time})`, run);
          expect([run.status, run.stderr]).toEqual([0, run.stderr]);
          if (time === 'first' && firstSecondsOfOurs > run.cpuSeconds * mostOfDuplicity)
            failures.push(`${words.join(' ')}: ${firstSecondsOfOurs} s, the first time`);
        }
      }
      expect(failures).toEqual([]);
    });
  });
});

function tell(what: string, { cpuSeconds, peakBytes }: Measured): void {
  console.log(`${what}: ${cpuSeconds.toFixed(2)} s, ${(peakBytes / 1e6).toFixed(0)} MB`);
}

function makeTarget(target: string): void {
  mkdirSync(target);
  const sigtar = gzipSync(sigtarEnd(0));
  for (let at = 0; at < sets; at += 1) {
    const endSeconds = firstSeconds + at * daySeconds;
    const startSeconds = endSeconds - daySeconds;
    const times: SetTimes =
      at % setsOfChain === 0
        ? { kind: 'full', endSeconds }
        : { kind: 'inc', startSeconds, endSeconds };
    const numbers = Array.from({ length: volumesOfSet }, (_, volume) => volume + 1);
    for (const volumeNumber of numbers) {
      const name = formatFileName({ kind: 'volume', times, volumeNumber, container: 'gz' });
      writeFileSync(join(target, name), 'x');
    }
    const volumes = numbers.map((number) => ({
      number,
      startPath: `folder/file-${number}`,
      endPath: `folder/file-${number}-z`,
      hash: { algorithm: 'SHA1' as const, hex: '0'.repeat(40) },
    }));
    const manifest = formatFileName({ kind: 'manifest', times, container: 'plain' });
    writeFileSync(join(target, manifest), formatManifest({ volumes, fileList: [] }));
    writeFileSync(
      join(target, formatFileName({ kind: 'signatures', times, container: 'gz' })),
      sigtar,
    );
  }
}
