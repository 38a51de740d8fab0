import { chainOf, tieChains } from './chains.js';
import type { Chain } from './chains.js';
import type { NamePrefixes, StoredFile } from '../names/names.js';
import { parseFileName } from '../names/parse-name.js';
import { choosePrimary } from './primary.js';
import type { PrimaryChain } from './primary.js';
import { groupSets } from './sets.js';
import type { BackupSet } from './sets.js';
import { tieSignatures } from './signature-chains.js';
import type { SignatureChain } from './signature-chains.js';

/** All that the names at a target and in its archive dir tell. */
export interface Collection {
  /** Every set, by end time. */
  readonly sets: readonly BackupSet[];
  /**
   * The chains, by end time. Sets that are partial are in them, as duplicity sees them (usableSets leaves
   * them out), and so is a last set whose sigtar is missing: reading needs no sigtars.
   */
  readonly chains: readonly Chain[];
  /** The chain that the next incremental continues; undefined when the next backup must be a full. */
  readonly primary: PrimaryChain | undefined;
  readonly secondary: readonly Chain[];
  /** Sets with a manifest that fit no chain: what they build on is not there. */
  readonly orphaned: readonly BackupSet[];
  /** Sets without any manifest. The discarded set (see PrimaryChain) is not among them. */
  readonly incomplete: readonly BackupSet[];
  /** Sets whose place in the chain a later one from the same start has taken. */
  readonly replaced: readonly BackupSet[];
  readonly signatureChains: Sides<SignatureChain>;
  readonly orphanedSignatures: Sides<StoredFile>;
  /** Stored index and statistics files of sets that are not there. */
  readonly strays: readonly StoredFile[];
  /** In the order in which duplicity prints its own. */
  readonly warnings: readonly CollectionWarning[];
}

/** The same question asked of the archive dir and of the storage. */
export interface Sides<Item> {
  readonly local: readonly Item[];
  readonly stored: readonly Item[];
}

export type CollectionWarning =
  /** duplicity leaves the newest set out, as its sigtar is missing; the next incremental repeats it. */
  | { readonly kind: 'discarded-set'; readonly set: BackupSet }
  | {
      readonly kind: 'orphaned-signatures';
      readonly side: 'local' | 'stored';
      readonly files: readonly StoredFile[];
    }
  /** There are signature chains and none belongs to the newest chain: the next backup is a full. */
  | { readonly kind: 'unmatched-signatures' }
  | { readonly kind: 'incomplete-sets'; readonly sets: readonly BackupSet[] }
  | { readonly kind: 'orphaned-sets'; readonly sets: readonly BackupSet[] }
  /** Of duplifs: an interrupted run. duplicity lists it like a whole set. */
  | { readonly kind: 'partial-set'; readonly set: BackupSet }
  /** Of duplifs: a `.part` beside the whole manifest, at which every command of duplicity fails. */
  | { readonly kind: 'leftover-part'; readonly set: BackupSet; readonly file: StoredFile }
  /** Of duplifs: several names for one volume or manifest, at which every command of duplicity fails. */
  | {
      readonly kind: 'ambiguous-names';
      readonly set: BackupSet;
      readonly files: readonly StoredFile[];
    };

export interface CollectOptions {
  /** The names on the storage. Those that are not of a backup are ignored. */
  readonly stored: readonly string[];
  /** The names in the archive dir. */
  readonly local?: readonly string[];
  readonly prefixes?: NamePrefixes;
}

/**
 * Finds the sets and chains among names (docs/format/2-behaviour.md 1).
 *
 * @throws DuplifsError DAMAGED when there are more than maxSets sets.
 */
export function collect({ stored, local = [], prefixes }: CollectOptions): Collection {
  const parse = (names: readonly string[]) =>
    [...new Set(names)].flatMap(
      (name) => parseFileName(name, prefixes === undefined ? {} : { prefixes }) ?? [],
    );
  return collectFiles(parse(stored), parse(local));
}

/**
 * The same of names that were taken apart already, each name once.
 *
 * @throws DuplifsError DAMAGED when there are more than maxSets sets.
 */
export function collectFiles(
  storedFiles: readonly StoredFile[],
  localFiles: readonly StoredFile[],
): Collection {
  const { sets, strays } = groupSets(storedFiles, localFiles);
  const tied = tieChains(sets.filter(({ complete, partial }) => complete || partial));
  const chains = tied.chains.map(chainOf);
  const incomplete = sets.filter(({ complete, partial }) => !complete && !partial);

  const chained = new Set(chains.flatMap((chain) => chain.sets.map(({ key }) => key)));
  const localSignatures = tieSignatures(localFiles, chained);
  const storedSignatures = tieSignatures(storedFiles, chained);
  const signatureChains = { local: localSignatures.chains, stored: storedSignatures.chains };
  const orphanedSignatures = {
    local: localSignatures.orphaned,
    stored: storedSignatures.orphaned,
  };

  const primary = choosePrimary(chains, signatureChains);
  const found = {
    sets,
    chains,
    primary,
    secondary: primary ? chains.slice(0, -1) : chains,
    orphaned: tied.orphaned,
    incomplete,
    replaced: tied.replaced,
    signatureChains,
    orphanedSignatures,
    strays,
  };
  return { ...found, warnings: warningsOf(found) };
}

function warningsOf(found: Omit<Collection, 'warnings'>): CollectionWarning[] {
  const { primary, orphanedSignatures, signatureChains, sets } = found;
  const warnings: CollectionWarning[] = [];
  const discarded = primary?.discarded;
  if (discarded) warnings.push({ kind: 'discarded-set', set: discarded });
  for (const side of ['local', 'stored'] as const) {
    const files = orphanedSignatures[side];
    if (files.length > 0) warnings.push({ kind: 'orphaned-signatures', side, files });
  }
  if (!primary && signatureChains.local.length + signatureChains.stored.length > 0) {
    warnings.push({ kind: 'unmatched-signatures' });
  }
  const incomplete = [...found.incomplete, ...(discarded ? [discarded] : [])];
  if (incomplete.length > 0) warnings.push({ kind: 'incomplete-sets', sets: incomplete });
  if (found.orphaned.length > 0) warnings.push({ kind: 'orphaned-sets', sets: found.orphaned });
  return [...warnings, ...sets.flatMap(ownWarnings)];
}

/** What duplifs sees in a set and duplicity passes over in silence, or fails at. */
function ownWarnings(set: BackupSet): CollectionWarning[] {
  const warnings: CollectionWarning[] = [];
  if (set.partial) warnings.push({ kind: 'partial-set', set });
  const part = [...set.manifests, ...set.local].find(
    ({ kind, partial }) => kind === 'manifest' && partial,
  );
  if (set.complete && part) warnings.push({ kind: 'leftover-part', set, file: part });
  const whole = set.manifests.filter(({ partial }) => !partial);
  for (const files of [whole, ...set.volumes.values()]) {
    if (files.length > 1) warnings.push({ kind: 'ambiguous-names', set, files });
  }
  return warnings;
}
