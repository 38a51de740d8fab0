/** Whether a run goes on with a set that an earlier one, of ours or of duplicity, has begun. */
import type { StoredObject } from '../storage/index.js';
import { describeEncoding } from './describe-encoding.js';
import type { BackupOptions } from './options.js';
import type { ChainBase } from './previous/chain-base.js';
import { previousTree } from './previous/previous-tree.js';
import { setPlanOf } from './set-plan-of.js';
import { hasSameReaders, removeUnfinished } from './unfinished.js';
import type { UnfinishedSet } from './unfinished.js';
import { adoptSet } from './writing/adopt-set.js';
import { isStillOurs } from './writing/resume.js';
import { stateVersion } from './writing/set-state.js';
import type { StateHeader } from './writing/set-state.js';

/** The unfinished set that this run goes on with; all others are removed. */
export async function takeUp(
  options: BackupOptions,
  base: ChainBase | undefined,
  unfinished: readonly UnfinishedSet[],
  stored: readonly StoredObject[],
): Promise<UnfinishedSet | undefined> {
  let taken: UnfinishedSet | undefined;
  for (const set of unfinished) {
    const isSameKind =
      base === undefined
        ? set.times.kind === 'full'
        : set.times.kind === 'inc' && set.times.startSeconds === base.base.times.endSeconds;
    if (taken === undefined && isSameKind) taken = await fittingSet(options, base, set, stored);
    if (taken?.key === set.key) continue;
    options.notice(`Removing what an interrupted run has left of the set ${set.key}`);
    await removeUnfinished(options, set, stored);
  }
  return taken;
}

/** The set with the state that a run goes on from; undefined when this run would write another one. */
async function fittingSet(
  options: BackupOptions,
  base: ChainBase | undefined,
  set: UnfinishedSet,
  stored: readonly StoredObject[],
): Promise<UnfinishedSet | undefined> {
  const wanted = headerOf(options, base, set.key);
  const { header } = set;
  const { prefixes, archiveFolder } = options;
  const files = { times: set.times, prefixes, archiveFolder };
  if (header !== undefined && (await isStillOurs(files))) {
    const fits =
      header.version === wanted.version &&
      header.baseKey === wanted.baseKey &&
      header.hostname === wanted.hostname &&
      header.localDir === wanted.localDir &&
      (header.writesIndex === wanted.writesIndex || header.isAdopted === true) &&
      header.producer === wanted.producer &&
      header.encoding === wanted.encoding &&
      (await hasSameReaders(options, set, stored));
    return fits ? set : undefined;
  }
  if (!(await hasSameReaders(options, set, stored))) return undefined;
  // its volumes were read when the set began
  const beganMs = set.times.endSeconds * 1000;
  const adopted = { ...wanted, writesIndex: false, isAdopted: true, beganMs };
  const isAdopted = await adoptSet({
    plan: { ...setPlanOf(options, set.times), writesIndex: false },
    header: adopted,
    stored,
    previous: () => previousTree(options, base),
  });
  return isAdopted ? { ...set, header: adopted } : undefined;
}

/** The first line of the state of a set that begins now. */
export function headerOf(
  { hostname, source, encoding, writesIndex, producer }: BackupOptions,
  base: ChainBase | undefined,
  key: string,
): StateHeader {
  return {
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
