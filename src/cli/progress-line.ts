/** One line on a terminal that says how far a long command is; nothing where there is no terminal. */
import { SingleBar } from 'cli-progress';
import type { RestoreProgress } from '../restore/index.js';

export class ProgressLine {
  readonly #bar: SingleBar;
  #started = false;

  private constructor(what: string) {
    this.#bar = new SingleBar({
      format: `{bar} {percentage}% | {done} of {all} | {entries} ${what} | ETA {eta_formatted}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
      etaBuffer: 200,
    });
  }

  /** Undefined where nobody looks. `what`: the things that are counted. */
  static onTerminal(what = 'entries'): ProgressLine | undefined {
    return process.stderr.isTTY ? new ProgressLine(what) : undefined;
  }

  show({ entries, bytes, totalEntries, totalBytes }: RestoreProgress): void {
    // a small file costs time too: each entry counts as a few kilobytes
    const total = totalBytes + totalEntries * entryCost;
    const done = Math.min(total, bytes + entries * entryCost);
    const payload = { done: formatSize(bytes), all: formatSize(totalBytes), entries };
    if (this.#started) {
      this.#bar.update(done, payload);
    } else {
      this.#bar.start(total, done, payload);
      this.#started = true;
    }
  }

  /** Makes room for another line. */
  clear(): void {
    if (this.#started) process.stderr.write('\r\x1b[K');
  }

  end(): void {
    if (this.#started) this.#bar.stop();
  }
}

const entryCost = 16 * 1024;

/** Bytes for people: three digits and a binary unit, as duplicity prints them. */
export function formatSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} bytes` : `${value.toPrecision(3)} ${units[unit] ?? ''}`;
}
