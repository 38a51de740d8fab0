import type { DuplifsError } from '../base/index.js';
import type { Finding } from './finding.js';

/** Each passphrase that does not fit costs some 0.1 s. After so many files that cannot be opened no more are tried. */
const mostFailures = 20;

/** Sets that cannot be opened with what is at hand: told in one finding, and not tried for ever. */
export class LockedSets {
  readonly #keys = new Set<string>();
  #failures = 0;
  #reason: DuplifsError | undefined;

  note(setKey: string, reason: DuplifsError): void {
    this.#keys.add(setKey);
    this.#failures += 1;
    this.#reason ??= reason;
  }

  /** Whether nothing is opened any more. */
  get isGivenUp(): boolean {
    return this.#failures >= mostFailures;
  }

  /** Notes a set that nobody tried to open. */
  pass(setKey: string): void {
    this.#keys.add(setKey);
  }

  has(setKey: string): boolean {
    return this.#keys.has(setKey);
  }

  /** `inOrder`: the keys of all sets, oldest first. */
  findingOf(inOrder: readonly string[]): Finding | undefined {
    if (this.#reason === undefined) return undefined;
    const { message: reason, hint } = this.#reason;
    const setKeys = inOrder.filter((key) => this.#keys.has(key));
    return { kind: 'sets-locked', setKeys, reason, hint };
  }
}
