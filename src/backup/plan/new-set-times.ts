import { setTimeout } from 'node:timers/promises';
import type { SetTimes } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { ChainBase } from '../../target/index.js';

export interface NewSet {
  /** Undefined for the clock's time. */
  readonly currentTime: number | undefined;
  readonly base: ChainBase | undefined;
  /** The time of the newest set of any chain. */
  readonly newestSeconds: number;
}

/**
 * The times of a new set: now, and never those of a set that is there.
 * @throws DuplifsError SOURCE when the clock shows a time before the set that an incremental builds on
 */
export async function newSetTimes({ currentTime, base, newestSeconds }: NewSet): Promise<SetTimes> {
  let now = currentTime ?? Math.floor(Date.now() / 1000);
  if (now === newestSeconds) {
    if (currentTime === undefined) await setTimeout(2000);
    now += 2;
  }
  if (base === undefined) return { kind: 'full', endSeconds: now };
  const startSeconds = base.base.times.endSeconds;
  if (now <= startSeconds) {
    throw new DuplifsError('SOURCE', 'The clock shows a time before that of the last backup', {
      hint: 'Set the clock right, or start a new chain with "duplifs full"',
    });
  }
  return { kind: 'inc', startSeconds, endSeconds: now };
}
