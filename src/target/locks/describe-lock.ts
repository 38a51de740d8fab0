/** A lock that somebody has, as sentences name it. */
import type { HeldLock } from './held-locks.js';
import { describeHolder, staleSeconds } from './lock-holder.js';

const waitHint = 'Wait for it to end, or give --lock-wait a time to wait';

/** Its holder, how old it is, and its file. */
export function describeLock({ name, holder }: HeldLock, nowSeconds = Date.now() / 1000): string {
  const age = holder === undefined ? '' : ` (${duration(nowSeconds - holder.since)} ago)`;
  return `${describeHolder(holder)}${age}, lock file "${name}"`;
}

/** What whoever wants the lock can do, and when it is taken over without that. */
export function lockHint(lock: HeldLock, nowSeconds = Date.now() / 1000): string {
  if (lock.isWatched) return waitHint;
  const takenOver = new Date((nowSeconds + staleSeconds - lock.silentSeconds) * 1000);
  return (
    `${waitHint}. Whether it still runs cannot be seen from here: unless it renews its lock, the last time ` +
    `${duration(lock.silentSeconds)} ago, that is taken over from ${takenOver.toISOString()} on. If you are sure ` +
    'that it is gone, remove the lock file'
  );
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [size, unit] of [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const) {
    if (whole < 2 * size) continue;
    return `${Math.floor(whole / size)} ${unit}s`;
  }
  return `${whole} ${whole === 1 ? 'second' : 'seconds'}`;
}
