import type { Report } from '../base/index.js';
import type { MountEvent } from './events.js';

const windowMs = 10_000;
const eventsAWindow = 20;

/**
 * Limits how often events are told: a broken volume under a `grep -r` must not fill a disk with log. After
 * 20 within 10 seconds the rest is counted, and the count is told before the next one.
 */
export function rateLimited(
  report: Report<MountEvent>,
  now: () => number = Date.now,
): Report<MountEvent> {
  let windowStart = -Infinity;
  let told = 0;
  let leftOut = 0;
  return (event) => {
    if (now() - windowStart >= windowMs) {
      windowStart = now();
      told = 0;
      if (leftOut > 0) {
        report({ level: event.level, code: 'mount-messages-left-out', count: leftOut });
      }
      leftOut = 0;
    }
    if (told >= eventsAWindow) {
      leftOut += 1;
      return;
    }
    told += 1;
    report(event);
  };
}
