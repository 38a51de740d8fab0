import { DuplifsError } from '../../base/index.js';
import { formatLocalTime } from '../../time/index.js';
import { usableSets } from './chains.js';
import type { Chain } from './chains.js';
import type { Collection } from './collect.js';
import type { BackupSet } from './sets.js';
import { plural, setText } from './set-text.js';

export interface Selection {
  readonly chain: Chain;
  /** The full and the incrementals to lay on it, in order; at least one. */
  readonly sets: readonly BackupSet[];
}

interface Usable {
  readonly chain: Chain;
  readonly sets: readonly BackupSet[];
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/**
 * The sets that make up the tree at a time (docs/format/1-bytes.md 2, "Which set a time selects"): of the
 * chain that covers the time or, if none does, that ended last before it, the full and each incremental
 * up to the time. Sets that are partial are never chosen.
 *
 * Where two chains cover the time (duplicity refuses), it is the one whose newest set up to the time is
 * newer: it saw the source last. Such chains come from an incremental made on an older chain, by a
 * machine that did not know of the newer full.
 *
 * @throws DuplifsError NO_BACKUP when there is no set at or before the time (duplicity takes the oldest full).
 */
export function selectSets(collection: Collection, timeSeconds: number): Selection {
  const usable = usableOf(collection);
  if (usable.length === 0) throw noBackup(collection);

  const covering = usable.filter(
    ({ startSeconds, endSeconds }) => startSeconds <= timeSeconds && timeSeconds <= endSeconds,
  );
  const candidates =
    covering.length > 0 ? covering : usable.filter(({ endSeconds }) => endSeconds < timeSeconds);
  let newest: Selection | undefined;
  for (const candidate of candidates) {
    const selection = { chain: candidate.chain, sets: upTo(candidate, timeSeconds) };
    if (!newest || newestTime(selection) >= newestTime(newest)) newest = selection;
  }
  if (!newest) throw tooEarly(usable, timeSeconds);
  return newest;
}

/** The time of the first full that can be read; undefined where none can. */
export function firstSetSeconds(collection: Collection): number | undefined {
  const starts = usableOf(collection).map(({ startSeconds }) => startSeconds);
  return starts.length === 0 ? undefined : starts.reduce((a, b) => Math.min(a, b));
}

function usableOf({ chains }: Collection): Usable[] {
  return chains.flatMap((chain) => {
    const sets = usableSets(chain);
    const endSeconds = sets.at(-1)?.times.endSeconds;
    return endSeconds === undefined
      ? []
      : [{ chain, sets, startSeconds: chain.startSeconds, endSeconds }];
  });
}

function upTo({ sets }: Usable, timeSeconds: number): readonly BackupSet[] {
  return sets.filter(({ times }) => times.endSeconds <= timeSeconds);
}

function newestTime({ sets }: Selection): number {
  return sets.at(-1)?.times.endSeconds ?? Number.NEGATIVE_INFINITY;
}

function tooEarly(usable: readonly Usable[], timeSeconds: number): DuplifsError {
  const first = usable.reduce((a, b) => (b.startSeconds < a.startSeconds ? b : a)).sets[0];
  const firstText = first ? setText(first) : '';
  return new DuplifsError(
    'NO_BACKUP',
    `There is no backup as old as "${formatLocalTime(timeSeconds)}"; the first is the ${firstText}`,
    { hint: `Give a time from ${first?.key ?? ''} on` },
  );
}

function noBackup({ sets, orphaned }: Collection): DuplifsError {
  if (sets.length === 0) {
    return new DuplifsError('NO_BACKUP', 'There is no backup here', {
      hint: 'Check the URL, and the --file-prefix options if the backup was made with them',
    });
  }
  const count = `${sets.length} backup ${plural(sets.length, 'set')}`;
  return new DuplifsError(
    'NO_BACKUP',
    `There is no complete backup here: of ${count} none can be read` +
      (orphaned.length > 0 ? `, ${orphaned.length} for want of the set that it builds on` : ''),
    { hint: '"duplifs collection-status" shows what there is' },
  );
}
