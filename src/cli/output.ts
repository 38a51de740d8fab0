/**
 * Lines on a stream, in large writes, waiting for a slow reader; a reader that went away ends it quietly. On a terminal
 * what would move the cursor or worse is shown in its place; into a file or pipe everything goes as it is.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { decodeName } from '../base/index.js';
import { printable, printableJson } from './printable.js';

const flushBytes = 64 * 1024;
const newline = Buffer.from('\n');

export class Output {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream;
  }

  async line(text: string | Buffer): Promise<void> {
    await this.#put(this.#stream.isTTY === true ? printable(textOf(text)) : text);
  }

  /** A line of JSON. */
  async json(value: unknown): Promise<void> {
    const line = JSON.stringify(value);
    await this.#put(this.#stream.isTTY === true ? printableJson(line) : line);
  }

  async #put(text: string | Buffer): Promise<void> {
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

function textOf(text: string | Buffer): string {
  return typeof text === 'string' ? text : decodeName(text);
}
