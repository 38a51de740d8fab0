/**
 * Whole programs on thousands of harmed targets: what comes out at exit code 0 is the newest tree to the byte, and what
 * comes out with another code are files as they were at some time, and nothing else. DUPLIFS_FUZZ_TARGETS, DUPLIFS_FUZZ_SEED;
 * DUPLIFS_FUZZ_MINUTES ends it before, and it says from which seed to go on.
 */
import pMap from 'p-map';
import { expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { fuzzCases, fuzzedProblem, recordedChain } from '../support/fuzzed-programs.js';
import type { RecordedChain } from '../support/fuzzed-programs.js';

const targets = Number(process.env['DUPLIFS_FUZZ_TARGETS'] ?? 5000);
const firstSeed = Number(process.env['DUPLIFS_FUZZ_SEED'] ?? 1);
const minutes = Number(process.env['DUPLIFS_FUZZ_MINUTES'] ?? Infinity);
/** One more than one processor can do while the disk is waited for. */
const atOnce = 2;

it('no program gives wrong bytes at exit code 0', async () => {
  const chains: RecordedChain[] = [];
  for (const [protection, writer] of fuzzCases) {
    chains.push(await recordedChain(protection, writer));
  }
  const problems: string[] = [];
  const seeds = Array.from({ length: targets }, (_, n) => firstSeed + n);
  const ended = new Map<number, number>();
  const end = Date.now() + minutes * 60_000;
  let next = firstSeed;
  await pMap(
    seeds,
    async (seed) => {
      if (Date.now() > end) return;
      next = seed + 1;
      const chain = chains[seed % chains.length];
      if (chain === undefined) throw new Error('no chain');
      const { problem, status } = await withFolder((work) => fuzzedProblem(chain, seed, work));
      ended.set(status, (ended.get(status) ?? 0) + 1);
      if (seed % 100 === 0) console.info(`seed ${seed}, ${problems.length} wrong`);
      if (problem === undefined) return;
      console.info(`seed ${seed}: ${problem}`); // hours may pass until the end
      problems.push(`seed ${seed}: ${problem}`);
    },
    { concurrency: atOnce },
  );
  console.info(`seeds ${firstSeed} to ${next - 1}`);
  console.info('exit codes', Object.fromEntries([...ended].sort(([a], [b]) => a - b)));
  expect(problems).toEqual([]);
});
