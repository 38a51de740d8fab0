/** The same as test/snapshot/harmed.test.ts, for minutes: DUPLIFS_FUZZ_SECONDS, DUPLIFS_FUZZ_SEED. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesIn, harm, outcomeOf, record } from '../support/fuzz.js';
import { craftChain, duplicityChain } from '../support/sample-chains.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const seconds = Number(process.env['DUPLIFS_FUZZ_SECONDS'] ?? 180);
const firstSeed = Number(process.env['DUPLIFS_FUZZ_SEED'] ?? 1000);

it.each(['gz', 'plain', 'gpg'] as const)(
  'harmed backups give the bytes that went in, or an error (%s)',
  async (kind) => {
    const home = newFolder();
    let target = join(home, 'target');
    if (kind === 'gpg') target = duplicityChain(home);
    else craftChain(target, kind);
    const options = { passphrases: ['test'] };
    const recording = await record(target, options);
    const files = filesIn(target);
    const end = Date.now() + (seconds * 1000) / 3;
    for (let seed = firstSeed; Date.now() < end; seed += 1) {
      let harmed = harm(files, seed);
      if (seed % 3 === 0) {
        const again = harm(harmed.files, seed + 0x10000);
        harmed = {
          what: `${harmed.what}, then ${again.what}`,
          files: again.files,
          names: [...harmed.names, ...again.names],
        };
      }
      const folder = mkdtempSync(join(tmpdir(), 'duplifs-fuzz-'));
      const started = Date.now();
      const { wrong } = await outcomeOf(harmed, recording, folder, options);
      rmSync(folder, { recursive: true, force: true });
      expect([harmed.what, wrong]).toEqual([harmed.what, []]);
      expect(Date.now() - started, harmed.what).toBeLessThan(30_000);
    }
  },
);
