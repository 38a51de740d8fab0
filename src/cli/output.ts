/** Lines on a stream, in large writes, waiting for a slow reader; a reader that went away ends it quietly. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

const flushBytes = 64 * 1024;
const newline = Buffer.from('\n');

export class Output {
  readonly #stream: Writable;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  async line(text: string | Buffer): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    this.#parts.push(bytes, newline);
    this.#bytes += bytes.length + 1;
    if (this.#bytes >= flushBytes) await this.end();
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (bytes.length > 0 && !this.#stream.write(bytes)) await once(this.#stream, 'drain');
  }
}
