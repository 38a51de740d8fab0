/** Who can open the sets of a target, as their files name them: nothing is opened for it, and no key is needed. */
import pMap from 'p-map';
import type { BackupSet, Chain } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { readMessageHeader } from '../../openpgp/index.js';
import { manifestFileOf } from '../manifests.js';
import type { Target } from '../target.js';
import { messageStart } from './message-start.js';

/** What opens a set. */
export interface SetReaders {
  readonly setKey: string;
  readonly endSeconds: number;
  /** The manifest that was looked at. */
  readonly fileName: string;
  readonly isEncrypted: boolean;
  /** Long ids of the keys that are named. */
  readonly keyIds: readonly string[];
  /** How many keys are not named. */
  readonly hiddenKeys: number;
  /** Whether there is a passphrase that opens it. */
  readonly hasPassphrase: boolean;
}

const setsAtOnce = 8;

/**
 * The readers of each set of a chain that has a manifest. Some kilobytes of each are read.
 * @throws DuplifsError DAMAGED where a manifest is encrypted and no OpenPGP message
 */
export async function readersOfSets(
  target: Pick<Target, 'storage'>,
  { sets }: Pick<Chain, 'sets'>,
  signal?: AbortSignal,
): Promise<SetReaders[]> {
  const whole = sets.filter(({ complete }) => complete);
  return await pMap(whole, (set) => readersOf(target, set, signal), { concurrency: setsAtOnce });
}

async function readersOf(
  { storage }: Pick<Target, 'storage'>,
  set: BackupSet,
  signal: AbortSignal | undefined,
): Promise<SetReaders> {
  signal?.throwIfAborted();
  const { name: fileName, container } = manifestFileOf(set);
  const about = { setKey: set.key, endSeconds: set.times.endSeconds, fileName };
  if (container !== 'gpg') {
    return { ...about, isEncrypted: false, keyIds: [], hiddenKeys: 0, hasPassphrase: false };
  }
  const { recipients, passphraseSlots } = readMessageHeader(
    await messageStart(storage, fileName, signal),
  );
  const named = recipients.filter(({ hidden }) => !hidden);
  return {
    ...about,
    isEncrypted: true,
    keyIds: named.map(({ keyId }) => keyId),
    hiddenKeys: recipients.length - named.length,
    hasPassphrase: passphraseSlots.length > 0,
  };
}

/** The chains of a listing, newest first. */
export function newestChains(chains: readonly Chain[]): Chain[] {
  const whole = chains.filter(({ sets }) => sets.some(({ complete }) => complete));
  if (whole.length > 0) return whole.toReversed();
  throw new DuplifsError('NO_BACKUP', 'There is no whole backup here', {
    hint: 'See collection-status for what there is',
  });
}
