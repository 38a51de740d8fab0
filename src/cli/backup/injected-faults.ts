/** duplicity's hidden options that make a backup fail, for tests of what comes after: `--fail-on-volume`, `--skip-volume`. */
import { parseFileName } from '../../archive/index.js';
import type { NamePrefixes } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { WrappedStorage } from '../../storage/index.js';
import type { Body, Storage, WriteOptions } from '../../storage/index.js';

export interface InjectedFaults {
  /** The run fails once this volume is stored. */
  readonly failOnVolume?: number | undefined;
  /** This volume is said to be stored, and is not. */
  readonly skipVolume?: number | undefined;
}

export function withFaults(
  storage: Storage,
  faults: InjectedFaults,
  prefixes: NamePrefixes,
): Storage {
  const isAny = faults.failOnVolume !== undefined || faults.skipVolume !== undefined;
  return isAny ? new FailingUploads(storage, faults, prefixes) : storage;
}

class FailingUploads extends WrappedStorage {
  readonly #faults: InjectedFaults;
  readonly #prefixes: NamePrefixes;

  constructor(inner: Storage, faults: InjectedFaults, prefixes: NamePrefixes) {
    super(inner);
    this.#faults = faults;
    this.#prefixes = prefixes;
  }

  override async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const parsed = parseFileName(name, { prefixes: this.#prefixes });
    const number = parsed?.kind === 'volume' ? parsed.volumeNumber : undefined;
    if (number !== undefined && number === this.#faults.skipVolume) return;
    await this.inner.write(name, body, options);
    if (number === undefined || number !== this.#faults.failOnVolume) return;
    throw new DuplifsError('ABORTED', `Forced failure after volume ${number}`, {
      hint: 'That is what --fail-on-volume is for',
    });
  }
}
