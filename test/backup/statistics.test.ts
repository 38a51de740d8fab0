/** What a backup counts at its end is what duplicity counts of the same trees. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { built, duplifsScript, root, runOk } from '../support/run.js';

/** Not those of time, nor what depends on how well it was compressed. */
const compared = [
  ...['SourceFiles', 'SourceFileSize', 'NewFiles', 'NewFileSize', 'DeletedFiles', 'ChangedFiles'],
  ...['ChangedFileSize', 'ChangedDeltaSize', 'DeltaEntries', 'Errors'],
];
const generations = 4;

describe.runIf(canMakeChains)('the statistics of a backup', () => {
  it.each([[''], ['--max-blocksize=16384']])(
    'are those of duplicity, in a full and in incrementals (%j)',
    { timeout: 180_000 },
    async (option) => {
      await built();
      await withFolder(async (folder) => {
        const out = join(folder, 'chain');
        const all = ['--', '--no-encryption', ...(option === '' ? [] : [option])];
        const args = [out, '--duplicity', await bothAt(folder), '--big', '1'];
        args.push('--generations', String(generations), ...all);
        await runOk(join(root, 'test/tools/make-chain'), args, { timeoutMs: 170_000 });
        for (let generation = 0; generation < generations; generation += 1) {
          const [theirs, ours] = await Promise.all(
            ['theirs', 'ours'].map(async (whose) =>
              statisticsOf(await readFile(join(folder, `${whose}-${generation}`), 'utf8')),
            ),
          );
          expect(theirs?.['DeltaEntries']).toBeGreaterThan(0);
          // librsync cuts literals at its buffers, which costs it some bytes more
          const rawDelta = (theirs?.['RawDeltaSize'] ?? 0) / (ours?.['RawDeltaSize'] ?? 0);
          expect(rawDelta).toBeCloseTo(1, 2);
          for (const counts of [theirs, ours]) delete counts?.['RawDeltaSize'];
          expect({ generation, ...ours }).toEqual({ generation, ...theirs });
        }
      });
    },
  );
});

function statisticsOf(text: string): Record<string, number | undefined> {
  const value = (name: string): number => {
    const [, digits] = new RegExp(`^${name} (\\d+)`, 'm').exec(text) ?? [];
    if (digits === undefined) throw new Error(`There is no "${name}" in: ${text}`);
    return Number(digits);
  };
  return Object.fromEntries([...compared, 'RawDeltaSize'].map((name) => [name, value(name)]));
}

/** A program that backs up with both, each to a target of its own, and keeps what they print. */
async function bothAt(folder: string): Promise<string> {
  const path = join(folder, 'both');
  const count = join(folder, 'count');
  await writeFile(count, '0');
  await writeFile(
    path,
    `#!/bin/bash
set -e
n=$(cat '${count}'); echo $((n + 1)) > '${count}'
duplicity "$@" > "${folder}/theirs-$n"
ours=("\${@/%\\/target//target-ours}")
ours=("\${ours[@]/%\\/cache//cache-ours}")
'${process.execPath}' '${duplifsScript}' "\${ours[@]}" > "${folder}/ours-$n"
`,
  );
  await chmod(path, 0o755);
  return path;
}
