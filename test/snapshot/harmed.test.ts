import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { hasRdiff } from '../librsync/rdiff.js';
import { filesIn, harm, outcomeOf, record } from '../support/fuzz.js';
import type { Files, Recording } from '../support/fuzz.js';
import { craftChain, duplicityChain } from '../support/sample-chains.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Sample {
  readonly files: Files;
  readonly recording: Recording;
}

async function sample(kind: 'gz' | 'plain' | 'gpg'): Promise<Sample> {
  const home = newFolder();
  let target = join(home, 'target');
  if (kind === 'gpg') target = duplicityChain(home);
  else craftChain(target, kind);
  return { files: filesIn(target), recording: await record(target, { passphrases: ['test'] }) };
}

describe.runIf(hasRdiff)('a harmed backup gives the bytes that went in, or an error', () => {
  it.each(['gz', 'plain', ...(hasDuplicity ? (['gpg'] as const) : [])] as const)(
    'whatever befell its files (%s)',
    async (kind) => {
      const { files, recording } = await sample(kind);
      const rounds = kind === 'gpg' ? 8 : 40;
      let served = 0;
      for (let seed = 1; seed <= rounds; seed += 1) {
        const harmed = harm(files, seed);
        const options = { passphrases: ['test'] };
        const outcome = await outcomeOf(harmed, recording, newFolder(), options);
        expect([harmed.what, outcome.wrong]).toEqual([harmed.what, []]);
        served += outcome.served;
      }
      expect(served).toBeGreaterThan(3 * rounds); // it is not that nothing could be read
    },
  );
});
