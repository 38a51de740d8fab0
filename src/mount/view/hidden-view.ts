/** The folder of a set whose tree cannot be known: it is there, and whoever looks into it gets an error that names why. */
import type { DuplifsError } from '../../base/index.js';
import type { Attributes } from '../file-system.js';
import { folderAttributes } from './attributes.js';
import type { OwnerOverride } from './attributes.js';
import { changingSeconds } from './view.js';
import type { View } from './view.js';

export interface HiddenViewOptions {
  /** Of its only folder. */
  readonly node: number;
  readonly endSeconds: number;
  readonly override: OwnerOverride;
  readonly why: () => DuplifsError;
}

export class HiddenView implements View {
  readonly #options: HiddenViewOptions;

  constructor(options: HiddenViewOptions) {
    this.#options = options;
  }

  getattr(): Attributes {
    const { node, endSeconds, override } = this.#options;
    return folderAttributes(node, endSeconds, 0, override);
  }

  lookup(): never {
    throw this.#options.why();
  }

  readdir(): never {
    throw this.#options.why();
  }

  readlink(): never {
    throw this.#options.why();
  }

  read(): never {
    throw this.#options.why();
  }

  xattrs(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }

  parentOf(): undefined {
    return undefined;
  }

  cacheSeconds(): number {
    return changingSeconds;
  }
}
