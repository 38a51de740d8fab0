/**
 * The time of a full that is made out of a chain (docs/writing.md, "Consolidating"): the first free second after the set
 * that it holds the state of. So it comes behind that chain, where both programs take the chain that ends last for the
 * one to restore and to continue; and before all that is newer, which must not be hidden by an older state.
 */
import type { SetTimes } from '../archive/index.js';

export interface TimesOnTarget {
  /** The end of the set whose state the full has, in seconds since the epoch. */
  readonly setSeconds: number;
  /** Of all sets of which anything is there, whole or not. */
  readonly taken: Iterable<SetTimes>;
  /** When the whole sets end. */
  readonly wholeEnds: Iterable<number>;
}

/** Undefined where no second is free before the next set. */
export function timeOfFull({ setSeconds, taken, wholeEnds }: TimesOnTarget): number | undefined {
  const seconds = new Set<number>();
  for (const times of taken) {
    seconds.add(times.endSeconds);
    if (times.kind === 'inc') seconds.add(times.startSeconds);
  }
  let next = Infinity;
  for (const end of wholeEnds) if (end > setSeconds) next = Math.min(next, end);
  let time = setSeconds + 1;
  while (seconds.has(time) && time < next) time += 1;
  return time < next ? time : undefined;
}
