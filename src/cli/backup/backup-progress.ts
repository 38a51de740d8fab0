/**
 * One line on a terminal that says how far a backup is. What there is to do is counted by a walk of its own that runs
 * beside the backup; until that has ended there is no bar, and no time left is told that would be a guess.
 */
import { SingleBar } from 'cli-progress';
import type { Options, Params } from 'cli-progress';
import type { Progress, Walk } from '../../backup/index.js';
import { formatSize } from '../progress-line.js';

/** A file costs time whatever its size: each counts as some kilobytes. */
const entryCost = 16 * 1024;
/** No time left is told before so much is known of the speed. */
const leastSeconds = 3;
const leastShare = 0.01;
/** How fast older speeds are forgotten. */
const memorySeconds = 20;

export class BackupProgress {
  readonly #bar = new SingleBar({
    format: (options, params) => this.#text(options, params),
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    fps: 5,
    barsize: 20,
  });
  #state: Progress = { files: 0, bytes: 0, stored: 0 };
  #total: { files: number; bytes: number } | undefined;
  #ended = false;
  readonly #walk: Walk;
  /** Work done by a second, weighed so that the last ones count most. */
  readonly #speed = new Speed(memorySeconds);

  /** Undefined where nobody looks. `walk` is what the backup walks. */
  static onTerminal(walk: () => Walk): BackupProgress | undefined {
    return process.stderr.isTTY ? new BackupProgress(walk()) : undefined;
  }

  private constructor(walk: Walk) {
    this.#walk = walk;
    this.#bar.start(1, 0);
    // a folder that cannot be walked is the backup's affair
    this.#count().catch(() => undefined);
  }

  show(progress: Progress): void {
    this.#state = progress;
    this.#speed.note(workOf(progress));
  }

  /** Makes room for another line. */
  clear(): void {
    if (!this.#ended) process.stderr.write('\r\x1b[K');
  }

  end(): void {
    this.#ended = true;
    this.#walk.close().catch(() => undefined);
    this.#bar.stop();
  }

  async #count(): Promise<void> {
    let files = 0;
    let bytes = 0;
    for await (const items of this.#walk) {
      if (this.#ended) return;
      for (const item of items) {
        if (item.kind !== 'entry') continue;
        files += 1;
        if (item.type === 'reg') bytes += item.size;
      }
    }
    this.#total = { files, bytes };
  }

  #text(options: Options, _params: Params): string {
    const { files, bytes, stored } = this.#state;
    const speed = this.#speed.perSecond;
    const done = `${formatSize(bytes)}, ${files} files, ${formatSize(stored)} stored`;
    const total = this.#total;
    if (total === undefined) return `counting the source | ${done}`;
    const all = workOf(total);
    const share = all === 0 ? 1 : Math.min(1, workOf(this.#state) / all);
    const size = options.barsize ?? 20;
    const filled = Math.round(share * size);
    const bar = '█'.repeat(filled) + '░'.repeat(size - filled);
    const isKnown = speed > 0 && share >= leastShare && this.#speed.seconds >= leastSeconds;
    const eta = isKnown ? formatSeconds((all - workOf(this.#state)) / speed) : 'unknown yet';
    const rate = formatSize(Math.round(this.#speed.seconds === 0 ? 0 : speed));
    return `${bar} ${Math.floor(share * 100)}% | ${done} | ${rate}/s | ETA ${eta}`;
  }
}

/** Folders and small files take time that their bytes do not show. */
function workOf({ files, bytes }: { readonly files: number; readonly bytes: number }): number {
  return bytes + files * entryCost;
}

/** A speed whose past fades. */
class Speed {
  readonly #memorySeconds: number;
  readonly #startMs = performance.now();
  #lastMs = this.#startMs;
  #lastWork = 0;
  #perSecond = 0;

  constructor(memorySeconds: number) {
    this.#memorySeconds = memorySeconds;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  get seconds(): number {
    return (this.#lastMs - this.#startMs) / 1000;
  }

  note(work: number): void {
    const now = performance.now();
    const passed = (now - this.#lastMs) / 1000;
    if (passed < 0.2) return;
    const latest = (work - this.#lastWork) / passed;
    // at first all that is known is the mean
    const weight = Math.max(passed / this.#memorySeconds, passed / (this.seconds + passed));
    this.#perSecond += (latest - this.#perSecond) * Math.min(1, weight);
    this.#lastMs = now;
    this.#lastWork = work;
  }
}

/** As 4m 05s; hours without seconds. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours}h ${String(minutes).padStart(2, '0')}m`;
  if (minutes > 0) return `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${whole}s`;
}
