/** Whether a run continues a set that an earlier one, of ours or of duplicity, has begun. */
import { previousTree } from '../../signatures/index.js';
import type { ChainBase, TargetListing } from '../../target/index.js';
import type { BackupOptions } from '../options.js';
import { describeEncoding } from '../plan/describe-encoding.js';
import { setPlanOf } from '../plan/set-plan-of.js';
import { adoptSet } from './adopt-set.js';
import { isStillOurs } from './checkpoints.js';
import { stateVersion } from './set-state.js';
import type { StateHeader } from './set-state.js';
import { hasSameReaders, removeUnfinished } from './unfinished-sets.js';
import type { UnfinishedSet } from './unfinished-sets.js';

export interface FoundAtStart {
  readonly base: ChainBase | undefined;
  readonly unfinished: readonly UnfinishedSet[];
  readonly listing: TargetListing;
}

/** The unfinished set that this run continues; all others are removed. */
export async function setToContinue(
  options: BackupOptions,
  { base, unfinished, listing }: FoundAtStart,
): Promise<UnfinishedSet | undefined> {
  let continued: UnfinishedSet | undefined;
  for (const set of unfinished) {
    const isSameKind =
      base === undefined
        ? set.times.kind === 'full'
        : set.times.kind === 'inc' && set.times.startSeconds === base.base.times.endSeconds;
    if (continued === undefined && isSameKind) {
      continued = await fittingSet(options, base, set, listing);
    }
    if (continued?.key === set.key) continue;
    options.report({ level: 'notice', code: 'interrupted-set-removed', setKey: set.key });
    await removeUnfinished(options.target, set, listing);
  }
  return continued;
}

/** The set with the state that a run continues from; undefined when this run would write another one. */
async function fittingSet(
  options: BackupOptions,
  base: ChainBase | undefined,
  set: UnfinishedSet,
  listing: TargetListing,
): Promise<UnfinishedSet | undefined> {
  const wanted = headerOf(options, base, set.key);
  const { header } = set;
  const { prefixes, archiveFolder } = options.target;
  const files = { times: set.times, prefixes, archiveFolder };
  if (header !== undefined && (await isStillOurs(files))) {
    const fits = isSameSet(header, wanted) && (await hasSameReaders(options, set, listing));
    return fits ? set : undefined;
  }
  if (!(await hasSameReaders(options, set, listing))) return undefined;
  // its volumes were read when the set began
  const beganMs = set.times.endSeconds * 1000;
  const adopted = { ...wanted, writesIndex: false, isAdopted: true, beganMs };
  const isAdopted = await adoptSet({
    plan: { ...setPlanOf(options, set.times), writesIndex: false },
    header: adopted,
    listing,
    previous: () => previousTree(options.target, base),
  });
  return isAdopted ? { ...set, header: adopted } : undefined;
}

/** Whether a run that would begin a set with the header `wanted` can go on with the one that has `header`. */
export function isSameSet(header: StateHeader, wanted: StateHeader): boolean {
  return (
    header.version === wanted.version &&
    header.baseKey === wanted.baseKey &&
    header.madeFrom === wanted.madeFrom &&
    header.hostname === wanted.hostname &&
    header.localDir === wanted.localDir &&
    (header.writesIndex === wanted.writesIndex || header.isAdopted === true) &&
    header.producer === wanted.producer &&
    header.encoding === wanted.encoding
  );
}

/** The first line of the state of a set that begins now. */
export function headerOf(
  { hostname, source, encoding, writesIndex, producer }: BackupOptions,
  base: ChainBase | undefined,
  key: string,
): StateHeader {
  return {
    kind: 'header',
    version: stateVersion,
    key,
    hostname,
    localDir: source,
    writesIndex,
    producer,
    baseKey: base?.base.key ?? null,
    encoding: describeEncoding(encoding),
    beganMs: Date.now(),
  };
}
