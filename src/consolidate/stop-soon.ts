/** How long a run that is to stop may still read: then the volume in the making ends, and the next run goes on behind it. */
const graceMs = 10_000;

export interface SoonStopped {
  readonly signal: AbortSignal;
  /** To be called when nothing is read any more. */
  readonly end: () => void;
}

/** A signal that is aborted some time after `stop`, so that what is under way can come to a good end first. */
export function stopSoon(stop: AbortSignal): SoonStopped {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => {
      controller.abort(stop.reason);
    }, graceMs);
  };
  if (stop.aborted) wait();
  else stop.addEventListener('abort', wait, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      stop.removeEventListener('abort', wait);
      clearTimeout(timer);
    },
  };
}
