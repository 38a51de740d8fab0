/** What duplifs writes, duplicity restores and continues; what duplicity writes, duplifs continues. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains, differences } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs, duplifsScript, root, runOk } from '../support/run.js';

const cases = [
  { writers: 'uuu', options: ['--no-encryption'], env: {} },
  { writers: 'uu', options: ['--no-encryption', '--no-compression'], env: {} },
  { writers: 'udu', options: [], env: { PASSPHRASE: 'a pass phrase' } },
  { writers: 'duu', options: ['--no-encryption'], env: {} },
];

describe.runIf(canMakeChains)('chains of duplifs (u) and duplicity (d)', () => {
  it.each(cases)(
    '$writers $options are restored by both, without a difference',
    { timeout: 240_000 },
    async ({ writers, options, env }) => {
      await built();
      await withFolder(async (folder) => {
        const out = join(folder, 'chain');
        const writer = await writerOf(folder, writers);
        await runOk(
          join(root, 'test/tools/make-chain'),
          [
            out,
            '--duplicity',
            writer,
            '--generations',
            String(writers.length),
            '--big',
            '1',
          ].concat('--', options),
          { env, timeoutMs: 200_000 },
        );
        const times = JSON.parse(await readFile(join(out, 'times.json'), 'utf8')) as number[];
        const url = `file://${join(out, 'target')}`;
        const theirs = [...options.filter((one) => one !== '--no-compression')];
        theirs.push('--archive-dir', join(folder, 'theirs'));
        for (const [generation, time] of times.entries()) {
          const recording = join(out, 'expected', `${generation}.json`);
          const byThem = join(folder, `them-${generation}`);
          const byUs = join(folder, `us-${generation}`);
          const at = ['-t', String(time)];
          await runOk('duplicity', ['restore', ...theirs, ...at, url, byThem], { env });
          expect(await differences(recording, byThem)).toEqual([]);
          expect(await duplifs(['restore', ...at, url, byUs], { env })).toMatchObject({
            status: 0,
          });
          expect(await differences(recording, byUs)).toEqual([]);
        }
        const source = join(out, 'source');
        const verified = await duplifs(['verify', '--compare-data', url, source], { env });
        expect(verified.stdout).toContain(' 0 differences found.');
        const theirsToo = ['verify', '--compare-data', ...theirs, url, source];
        expect(await runOk('duplicity', theirsToo, { env })).toContain(' 0 differences found.');
        const status = await runOk('duplicity', ['cleanup', ...theirs, url], { env });
        expect(status).toContain('No extraneous files found');
      });
    },
  );
});

/** A program that is duplifs or duplicity, as the letter of its n-th call says. */
async function writerOf(folder: string, writers: string): Promise<string> {
  const path = join(folder, 'writer');
  const count = join(folder, 'count');
  await writeFile(count, '0');
  await writeFile(
    path,
    `#!/bin/bash
n=$(cat '${count}'); echo $((n + 1)) > '${count}'
writers='${writers}'
if [ "\${writers:$n:1}" = u ]; then exec '${process.execPath}' '${duplifsScript}' "$@"; fi
exec duplicity "$@"
`,
  );
  await chmod(path, 0o755);
  return path;
}
