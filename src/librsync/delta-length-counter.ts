import { DeltaParser } from './delta-parser.js';

const ignore = {
  copy: () => undefined,
  literal: () => undefined,
};

/**
 * Finds the length of the file that a delta makes, and nothing else: for cataloguing volumes, where
 * every delta's bytes go by once. Holds no data and allocates nothing per call.
 */
export class DeltaLengthCounter {
  readonly #parser: DeltaParser;

  /** @param name what the delta is called in errors */
  constructor(name: string) {
    this.#parser = new DeltaParser(ignore, { name });
  }

  /**
   * Takes the next bytes of the delta, cut anywhere.
   * @throws DuplifsError DAMAGED when they break the format
   */
  push(input: Uint8Array): void {
    this.#parser.push(input);
  }

  /**
   * The length in bytes of the file that the delta makes; to be asked after the last byte.
   * @throws DuplifsError DAMAGED when the delta is cut short
   */
  get resultLength(): number {
    this.#parser.finish();
    return this.#parser.resultLength;
  }
}
