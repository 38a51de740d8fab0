/** Decides between a full and an incremental, by what is on the target. */
import type { Collection, PrimaryChain } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import {
  checkLocalManifest,
  findChainGaps,
  manifestFileOf,
  openBase,
  proveReaders,
  removeUnfinishedCopy,
} from '../../target/index.js';
import type { MessageSession } from '../../openpgp/index.js';
import type { ChainBase, ChainGap, TargetListing } from '../../target/index.js';
import type { Encoding } from '../../volume/index.js';
import type { BackupOptions } from '../options.js';
import { findUnfinished } from '../resume/unfinished-sets.js';
import type { UnfinishedSet } from '../resume/unfinished-sets.js';
import { checkNotEmptied, checkSource } from './check-source.js';

/** How far the clocks of two machines may differ; the set then gets a later time (newSetTimes). */
const clockToleranceSeconds = 10;

export interface Examined {
  /** What an incremental builds on; undefined for a full. */
  readonly base: ChainBase | undefined;
  readonly unfinished: readonly UnfinishedSet[];
  /** The time of the newest set of any chain; 0 where there is none. */
  readonly newestSeconds: number;
  /** What to write with: of several passphrases that of the chain. */
  readonly encoding: Encoding;
}

/**
 * Looks at what there is. Of what killed runs have left, what they were fetching is removed; nothing is in a dry run.
 *
 * @throws DuplifsError NO_SIGNATURES for an incremental without a chain that it could continue, FILE_MISSING for one whose
 *   chain lacks files, KEY as proveReaders,
 *   MANIFESTS_DIFFER as checkLocalManifest, SOURCE_HOST_CHANGED and SOURCE_PATH_CHANGED as checkSource
 */
export async function examineTarget(
  options: BackupOptions,
  listing: TargetListing,
): Promise<Examined> {
  const { target, dryRun, stop: signal } = options;
  if (!dryRun) await removeUnfinishedCopy(target.archiveFolder);
  const unfinished = dryRun ? [] : await findUnfinished(options, listing);
  // a set that turned out to be complete has got its local names only now
  const tidy = dryRun ? listing : await target.list({ stored: listing.stored, signal });
  const collection = tidy.collectWhole(keysOfTheFuture(options, tidy.collectWhole()));
  options.report({ level: 'debug', code: 'last-full', seconds: lastFullSeconds(tidy) });
  const newestSeconds = tidy
    .collectWhole()
    .sets.filter((set) => set.complete)
    .reduce((newest, { times }) => Math.max(newest, times.endSeconds), 0);
  const chain = chainToContinue(options, collection.primary);
  if (chain === undefined) {
    return { base: undefined, unfinished, newestSeconds, encoding: options.encoding };
  }
  const { opener, encoding, session } = await proveReaders(manifestFileOf(chain.base), {
    ...options,
    storage: target.storage,
  });
  const fetches = !dryRun;
  const { localNames } = tidy;
  const base = await openBase(target, collection, { localNames, fetches, signal });
  if (base?.isLocalManifest === true) await checkLocalManifest(target, base, opener);
  if (base !== undefined && !options.allowSourceMismatch) {
    checkSource(base.manifest, options.hostname, options.source);
  }
  if (base !== undefined) await checkNotEmptied(target, base, options);
  const { endSeconds } = chain.base.times;
  const sets = chain.chain.sets.filter(({ times }) => times.endSeconds <= endSeconds);
  const gaps = await findChainGaps(target, { sets, base, listing: tidy, fetches, signal });
  if (gaps.length > 0) {
    giveChainUp(options, gaps);
    return { base: undefined, unfinished, newestSeconds, encoding: options.encoding };
  }
  const continued = base === undefined ? encoding : withSession(encoding, session);
  return { base, unfinished, newestSeconds, encoding: continued };
}

/** A set that continues a chain is encrypted with the session of the one before it, so that one key opens them all. */
function withSession(encoding: Encoding, session: MessageSession | undefined): Encoding {
  if (encoding.container !== 'gpg' || session === undefined) return encoding;
  return { ...encoding, session: Promise.resolve(session) };
}

/** The time of the newest full that is complete. */
function lastFullSeconds(listing: TargetListing): number | undefined {
  const fulls = listing
    .collectWhole()
    .sets.filter((set) => set.complete && set.times.kind === 'full');
  return fulls.at(-1)?.times.endSeconds;
}

/**
 * The sets of the chains that a clock gone wrong has led into the future. Such a chain is not continued at all: an
 * incremental on what it held before would have the same start as the one from the future, which would hide it.
 */
function keysOfTheFuture({ currentTime, report }: BackupOptions, found: Collection): Set<string> {
  const now = currentTime ?? Math.floor(Date.now() / 1000);
  const chains = found.chains.filter(({ endSeconds }) => endSeconds > now + clockToleranceSeconds);
  const sets = chains.flatMap((chain) => chain.sets);
  const setKeys = sets.filter(({ times }) => times.endSeconds > now).map(({ key }) => key);
  if (setKeys.length > 0) report({ level: 'warning', code: 'chain-in-future', setKeys });
  return new Set(sets.map(({ key }) => key));
}

/** A chain of which files are missing is not continued: who asked for an incremental is told so. */
function giveChainUp({ verb, report }: BackupOptions, gaps: readonly ChainGap[]): void {
  const [first] = gaps;
  if (first === undefined) return;
  if (verb !== 'incremental') {
    report({ level: 'warning', code: 'chain-incomplete-full-instead', gaps });
    return;
  }
  const what =
    first.kind === 'manifest'
      ? `the manifest of set ${first.setKey}`
      : `volume ${first.volume} of set ${first.setKey}${first.kind === 'volume' ? '' : ' in its size'}`;
  const more = gaps.length === 1 ? '' : `, and ${gaps.length - 1} more of its files`;
  throw new DuplifsError(
    'FILE_MISSING',
    `The chain lacks ${what}${more}: what is laid on it could not be restored`,
    {
      hint: 'Bring the files back, or begin a new chain with "duplifs full"',
    },
  );
}

/** Undefined where a full is to be made. */
function chainToContinue(
  { verb, report, fullIfBeforeSeconds }: BackupOptions,
  primary: PrimaryChain | undefined,
): (PrimaryChain & { readonly base: NonNullable<PrimaryChain['base']> }) | undefined {
  if (verb === 'full') return undefined;
  if (!hasBase(primary)) {
    if (verb === 'incremental') {
      throw new DuplifsError(
        'NO_SIGNATURES',
        'There is no chain that an incremental backup could continue',
        { hint: 'Make a full one: duplifs full' },
      );
    }
    report({ level: 'notice', code: 'no-signatures-full-instead' });
    return undefined;
  }
  if (fullIfBeforeSeconds !== undefined && primary.chain.startSeconds < fullIfBeforeSeconds) {
    report({ level: 'notice', code: 'full-too-old' });
    return undefined;
  }
  return primary;
}

function hasBase(
  primary: PrimaryChain | undefined,
): primary is PrimaryChain & { readonly base: NonNullable<PrimaryChain['base']> } {
  return primary?.base !== undefined;
}
