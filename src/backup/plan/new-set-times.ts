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

/** The last second of the year 9999: the format has four digits for years. */
const lastSeconds = 253_402_300_799;
/** How long a clock that is a little behind another machine's is waited for. */
const mostWaitSeconds = 10;

/**
 * The times of a new set: now, and never those of a set that is there.
 * @throws DuplifsError SOURCE when the clock shows a time before the set that an incremental builds on, or past the year 9999
 */
export async function newSetTimes({ currentTime, base, newestSeconds }: NewSet): Promise<SetTimes> {
  let now = currentTime ?? Math.floor(Date.now() / 1000);
  if (now === newestSeconds) {
    if (currentTime === undefined) await setTimeout(2000);
    now += 2;
  }
  const behind = (base?.base.times.endSeconds ?? now) - now;
  if (currentTime === undefined && behind > 0 && behind <= mostWaitSeconds) {
    await setTimeout((behind + 1) * 1000);
    now += behind + 1;
  }
  if (now > lastSeconds) {
    throw new DuplifsError('SOURCE', 'The clock shows a time past the year 9999', {
      hint: 'Set the clock right: the format has no such times',
    });
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
