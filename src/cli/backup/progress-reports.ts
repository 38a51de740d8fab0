/**
 * How far a backup is, for programs and logs: records of the bytes that are done (`--log-fd`), and with --progress a line
 * every few seconds in duplicity's shape (docs/format/2-behaviour.md 6.5, 7.1).
 */
import type { Progress, Walk } from '../../backup/index.js';
import type { Log } from '../log.js';

export interface ReportOptions {
  readonly everySeconds: number;
  /** A walk that tells how much there is to do: then lines are printed. */
  readonly total: (() => Walk) | undefined;
}

/** A record for each batch of files would be more than anybody reads. */
const recordMs = 200;
const barLength = 40;
const stallSeconds = 30;

export class ProgressReports {
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #startMs = performance.now();
  readonly #walk: Walk | undefined;
  #total: number | undefined;
  #state: Progress = { files: 0, bytes: 0, stored: 0 };
  #recordedMs = -Infinity;
  #movedMs = this.#startMs;
  #ended = false;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(log: Log, { everySeconds, total }: ReportOptions) {
    this.#log = log;
    this.#everyMs = everySeconds * 1000;
    if (total === undefined) return;
    this.#walk = total();
    // a folder that cannot be walked is the backup's affair
    this.#count(this.#walk).catch(() => undefined);
    this.#timer = setInterval(() => {
      this.#line();
    }, this.#everyMs);
  }

  show(state: Progress): void {
    const now = performance.now();
    if (state.bytes !== this.#state.bytes) this.#movedMs = now;
    this.#state = state;
    if (now - this.#recordedMs >= recordMs) this.#record(now);
  }

  /** All is done. */
  last(state: Progress): void {
    this.#state = state;
    this.#total = state.bytes;
    this.#record(performance.now());
    if (this.#timer !== undefined) this.#line();
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#walk?.close().catch(() => undefined);
  }

  #record(nowMs: number): void {
    this.#recordedMs = nowMs;
    this.#log.record('info', { code: 2, extra: String(this.#state.bytes) });
  }

  #line(): void {
    const { bytes, stored } = this.#state;
    const now = performance.now();
    const seconds = Math.floor((now - this.#startMs) / 1000);
    const speed = seconds === 0 ? 0 : stored / seconds;
    const share = this.#total === undefined ? 0 : Math.min(1, bytes / Math.max(1, this.#total));
    const isDone = this.#total !== undefined && bytes >= this.#total;
    const percent = isDone ? 100 : Math.floor(share * 100);
    const isStalled = (now - this.#movedMs) / 1000 >= stallSeconds;
    const eta = share === 0 ? undefined : Math.round((seconds / share) * (1 - share));
    const text = progressLine({ stored, seconds, speed, percent, eta, isStalled });
    const extra = `${stored} ${seconds} ${percent} ${eta ?? 0} ${Math.round(speed)} ${isStalled ? 1 : 0}`;
    this.#log.notice(text, { code: 16, extra });
  }

  async #count(walk: Walk): Promise<void> {
    let bytes = 0;
    for await (const items of walk) {
      if (this.#ended) return;
      for (const item of items) if (item.kind === 'entry') bytes += item.size;
    }
    this.#total ??= bytes;
  }
}

export interface ProgressFigures {
  /** Bytes that lie on the storage. */
  readonly stored: number;
  readonly seconds: number;
  /** Bytes a second. */
  readonly speed: number;
  readonly percent: number;
  /** Seconds; undefined where nothing is known yet. */
  readonly eta: number | undefined;
  readonly isStalled: boolean;
}

/** As "294.0KB 00:00:01 [0.0KB/s] [====>   ] 100% ETA 0sec". */
export function progressLine(figures: ProgressFigures): string {
  const { stored, seconds, speed, percent, eta, isStalled } = figures;
  const filled = Math.min(barLength, Math.round((percent / 100) * barLength));
  const bar = `${'='.repeat(Math.max(0, filled - 1))}${filled > 0 ? '>' : ''}`.padEnd(barLength);
  const left = isStalled ? 'Stalled!' : `ETA ${eta === undefined ? 'unknown' : etaText(eta)}`;
  return `${shortSize(stored)} ${clock(seconds)} [${shortSize(speed)}/s] [${bar}] ${percent}% ${left}`;
}

function shortSize(bytes: number): string {
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)}${units[unit] ?? ''}`;
}

function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function etaText(seconds: number): string {
  if (seconds < 60) return `${seconds}sec`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}min ${seconds % 60}sec`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor(seconds / 60) % 60}min`;
}
