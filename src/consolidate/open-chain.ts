/** The chain that a full is made from, with its signatures, and nothing missing of it. */
import type { BackupSet } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import {
  checkLocalManifest,
  findChainGaps,
  openBase,
  removeUnfinishedCopy,
} from '../target/index.js';
import type { ChainBase, ChainGap, Target, TargetListing } from '../target/index.js';

export interface OpenedChain {
  /** Up to the one whose state is wanted, which is the last. */
  readonly sets: readonly BackupSet[];
  /** That set, as something new would be laid on it. */
  readonly base: ChainBase;
}

export interface OpenChainOptions {
  readonly listing: TargetListing;
  readonly setKey: string;
  /** Whether what the archive dir lacks is fetched into it; its lock must be held then. */
  readonly fetches: boolean;
  readonly signal: AbortSignal;
}

/**
 * @throws DuplifsError FILE_MISSING where the storage lacks a volume or manifest, or has a volume in another size than it
 *   was put with; NO_SIGNATURES where it lacks a sigtar; MANIFESTS_DIFFER as checkLocalManifest
 */
export async function openChain(
  target: Target,
  { listing, setKey, fetches, signal }: OpenChainOptions,
): Promise<OpenedChain> {
  const sets = setsUpTo(listing, setKey);
  const keys = new Set(sets.map(({ key }) => key));
  const others = [...listing.wholeKeys].filter((key) => !keys.has(key));
  if (fetches) await removeUnfinishedCopy(target.archiveFolder);
  const collection = listing.collectWhole(new Set(others));
  const { localNames } = listing;
  const base = await openBase(target, collection, { localNames, fetches, signal });
  if (base?.base.key !== setKey || base.signatures.length !== sets.length) {
    throw new DuplifsError(
      'NO_SIGNATURES',
      `Signatures of the chain up to set ${setKey} are missing: what is rebuilt could not be verified`,
      { hint: 'Bring them back, or make a full from the source with "duplifs full"' },
    );
  }
  if (base.isLocalManifest) await checkLocalManifest(target, base, undefined);
  const gaps = await findChainGaps(target, { sets, base, listing, fetches, signal });
  if (gaps.length > 0) throw lacking(gaps);
  return { sets, base };
}

function setsUpTo({ collection }: TargetListing, setKey: string): readonly BackupSet[] {
  for (const { sets } of collection.chains) {
    const at = sets.findIndex(({ key }) => key === setKey);
    if (at >= 0) return sets.slice(0, at + 1);
  }
  throw new DuplifsError('FILE_MISSING', `Set ${setKey} belongs to no chain that is whole`, {
    hint: 'See what is missing with "duplifs collection-status"',
  });
}

function lacking(gaps: readonly ChainGap[]): DuplifsError {
  const [first] = gaps;
  const what =
    first?.kind === 'manifest'
      ? `the manifest of set ${first.setKey}`
      : `volume ${first?.volume} of set ${first?.setKey}${first?.kind === 'volume' ? '' : ' in its size'}`;
  const more = gaps.length <= 1 ? '' : `, and ${gaps.length - 1} more of its files`;
  return new DuplifsError('FILE_MISSING', `The chain lacks ${what}${more}`, {
    hint: 'Bring the files back, give an older --time, or make a full from the source with "duplifs full"',
  });
}
