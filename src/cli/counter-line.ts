/** One line on a terminal that counts what a command has looked at; nothing where it would stand among the output. */
import { SingleBar } from 'cli-progress';

export class CounterLine {
  readonly #bar: SingleBar;
  #started = false;

  private constructor(what: string) {
    this.#bar = new SingleBar({
      format: (_, { value }) => `${value.toLocaleString('en')} ${what}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
    });
  }

  /** @param what is counted, as "paths" */
  static onTerminal(what: string): CounterLine | undefined {
    return process.stderr.isTTY && !process.stdout.isTTY ? new CounterLine(what) : undefined;
  }

  show(count: number): void {
    if (this.#started) {
      this.#bar.update(count);
      return;
    }
    this.#bar.start(Number.MAX_SAFE_INTEGER, count);
    this.#started = true;
  }

  /** Makes room for another line. */
  clear(): void {
    if (this.#started) process.stderr.write('\r\x1b[K');
  }

  end(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}
