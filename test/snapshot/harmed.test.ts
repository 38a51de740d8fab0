import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { hasRdiff } from '../librsync/rdiff.js';
import { complaints, filesIn, harm, record, type Files, type Recording } from '../support/fuzz.js';
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
      for (let seed = 1; seed <= (kind === 'gpg' ? 8 : 40); seed += 1) {
        const harmed = harm(files, seed);
        const wrong = await complaints(harmed, recording, newFolder(), { passphrases: ['test'] });
        expect([harmed.what, wrong]).toEqual([harmed.what, []]);
      }
    },
  );
});
