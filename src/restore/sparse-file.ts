/** The content of a new file, with holes where long runs of zeros are: a disk image takes the room that it took. */
import { ftruncateSync, writeSync } from 'node:fs';

/** A run that is shorter is written: a hole costs an extent, and at least a block of the file system. */
const holeBytes = 32 * 1024;
const zeros = Buffer.alloc(holeBytes);

export class SparseFile {
  readonly #file: number;
  #offset = 0;
  #endsInHole = false;

  readonly #makesHoles: boolean;

  /** @param file open for writing, and empty */
  constructor(file: number, makesHoles: boolean) {
    this.#file = file;
    this.#makesHoles = makesHoles;
  }

  /** Writes the next bytes. */
  write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      // runs are looked at where a multiple of their length begins
      const length = Math.min(holeBytes - ((this.#offset + at) % holeBytes), bytes.length - at);
      if (this.#makesHoles && length === holeBytes && bytes[at] === 0 && isZero(bytes, at)) {
        this.#put(bytes, from, at);
        from = at + length;
        this.#endsInHole = from === bytes.length;
      }
      at += length;
    }
    this.#put(bytes, from, bytes.length);
    this.#offset += bytes.length;
  }

  /** To be called when all is written: a hole at the end is nothing but a length. */
  end(): void {
    if (this.#endsInHole) ftruncateSync(this.#file, this.#offset);
  }

  #put(bytes: Buffer, from: number, to: number): void {
    if (from < to) this.#endsInHole = false;
    for (let at = from; at < to;) {
      at += writeSync(this.#file, bytes, at, to - at, this.#offset + at);
    }
  }
}

function isZero(bytes: Buffer, at: number): boolean {
  return bytes.compare(zeros, 0, holeBytes, at, at + holeBytes) === 0;
}

/** Writes all of a new file, with holes where the options want them: one write where there can be none. */
export function writeAtOnce(file: number, bytes: Buffer, makesHoles: boolean): void {
  if (makesHoles && bytes.length >= holeBytes) {
    const content = new SparseFile(file, makesHoles);
    content.write(bytes);
    content.end();
    return;
  }
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
