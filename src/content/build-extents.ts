/**
 * The work of making extents: from pieces, and from a basis and the commands of a delta. It yields, and heeds its
 * signal, however many there are.
 */
import type { Piece } from '../catalog/index.js';
import { ExtentsBuilder } from './extents-builder.js';
import type { Extents } from './extents.js';
import type { Build } from './large-builds.js';
import type { PlaceChecks } from './place-checks.js';

/** Extents that are copied without a pause. */
const extentsPerPause = 2048;

/** All of a content or delta, as its pieces come; undefined at the end where some are missing. */
export class PieceExtents {
  readonly #builder: ExtentsBuilder;
  #expected: number | undefined;
  #isWhole = true;

  /** `nameOf` gives what errors call the file. */
  constructor(nameOf: () => string) {
    this.#builder = new ExtentsBuilder(nameOf);
  }

  add({ volumeId, offset, length, number, count, stride }: Piece): void {
    // one whole content, or all pieces of it from the first on
    this.#isWhole &&= number === (this.#expected ?? Math.min(number, 1));
    this.#expected = number + count;
    this.#builder.add({ volumeId, offset, length, count, stride });
  }

  get count(): number {
    return this.#builder.count;
  }

  build(checks?: readonly PlaceChecks[]): Extents | undefined {
    return this.#isWhole ? this.#builder.build(checks) : undefined;
  }
}

/** Joins parts of other extents to new ones. */
export class ExtentsJoiner {
  readonly #build: Build;
  readonly #builder: ExtentsBuilder;
  #sincePause = 0;

  /** `nameOf` gives what errors call the file. */
  constructor(build: Build, nameOf: () => string) {
    this.#builder = new ExtentsBuilder(nameOf);
    this.#build = build;
  }

  /** Appends [offset, offset + length) of what `from` has; undefined when more may come at once. */
  add(from: Extents, offset: number, length: number): Promise<void> | undefined {
    const done = this.#some(from, offset, length);
    if (done === length && this.#sincePause < extentsPerPause) return undefined;
    return this.#goOn(from, offset + done, length - done);
  }

  build(checks?: readonly PlaceChecks[]): Extents {
    return this.#builder.build(checks);
  }

  async #goOn(from: Extents, start: number, length: number): Promise<void> {
    let offset = start;
    let left = length;
    for (;;) {
      if (this.#sincePause >= extentsPerPause) {
        this.#sincePause = 0;
        await this.#build.pause(this.#builder.count);
      }
      if (left === 0) return;
      const done = this.#some(from, offset, left);
      offset += done;
      left -= done;
    }
  }

  #some(from: Extents, offset: number, length: number): number {
    let done = 0;
    from.slice(offset, length, (extent) => {
      this.#builder.add(extent);
      done += extent.length * extent.count;
      this.#sincePause += 1;
      return this.#sincePause < extentsPerPause;
    });
    return done;
  }
}
