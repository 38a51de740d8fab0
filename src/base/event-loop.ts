import { setImmediate } from 'node:timers/promises';

const turnMilliseconds = 10;

/**
 * For loops whose work may all be at hand: awaiting what the function returns gives the event loop (and so
 * signals, timers, other work) a turn whenever the last one was some 10 ms ago.
 */
export function eventLoopTurns(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < turnMilliseconds) return undefined;
    return setImmediate().then(() => {
      last = performance.now();
    });
  };
}
