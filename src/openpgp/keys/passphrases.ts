import { LRUCache } from 'lru-cache';

import type { Cipher } from '../packets/algorithms.js';
import { deriveKey, gpgPassphrase, hashedBytes } from '../packets/s2k.js';
import type { S2k } from '../packets/s2k.js';
import { DerivationBudget } from './derivation-budget.js';

/** Asks the user; undefined means that there is nobody to ask, or that the user wants no more of it. */
export type Ask = (question: string) => Promise<string | undefined>;

const maxDerivedKeys = 256;

/**
 * The passphrases that are known, the one that worked last first, and the keys derived from them. All of
 * it lives in memory only.
 */
export class Passphrases {
  #ordered: readonly string[];
  readonly #derived = new LRUCache<string, Promise<Buffer>>({ max: maxDerivedKeys });
  readonly #budget = new DerivationBudget();
  readonly #asked = new Set<string>();
  readonly #ask: Ask | undefined;
  #declined = false;
  /** Questions are asked one after the other. */
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(known: readonly string[], ask: Ask | undefined) {
    this.#ordered = [...new Set(known.map(gpgPassphrase))];
    this.#ask = ask;
  }

  get known(): readonly string[] {
    return [...this.#ordered];
  }

  /** A passphrase opened something; `s2k` is how a key was derived from it, where that was done. */
  worked(passphrase: string, s2k?: S2k): void {
    if (s2k !== undefined) this.#budget.earn(hashedBytes(s2k));
    if (!this.#ordered.includes(passphrase)) return;
    this.#ordered = [passphrase, ...this.#ordered.filter((one) => one !== passphrase)];
  }

  /**
   * The key for a cipher, derived once: gpg's usual count takes some 0.1 s. Undefined when keys that opened nothing
   * have taken too much time already.
   */
  derive(s2k: S2k, passphrase: string, cipher: Cipher): Promise<Buffer> | undefined {
    const id = [s2k.hash, s2k.salt.toString('hex'), s2k.count, cipher.keyBytes, passphrase].join(
      ':',
    );
    const known = this.#derived.get(id);
    if (known) return known;
    if (!this.#budget.spend(hashedBytes(s2k))) return undefined;
    const key = deriveKey(s2k, passphrase, cipher.keyBytes);
    this.#derived.set(id, key);
    return key;
  }

  /**
   * Asks for one more passphrase, unless the same question was asked before or nobody answers.
   * Before it does, `retry` is given the passphrases that others were told meanwhile.
   */
  async oneMore<T>(
    question: string,
    tried: readonly string[],
    retry: (passphrases: readonly string[]) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const mine = this.#lastQuestion.then(async () => {
      const learnt = this.#ordered.filter((one) => !tried.includes(one));
      const found = learnt.length > 0 ? await retry(learnt) : undefined;
      if (found !== undefined || !this.#ask || this.#declined || this.#asked.has(question))
        return found;
      this.#asked.add(question);
      const answer = await this.#ask(question).catch((error: unknown) => {
        this.#declined = true; // who was interrupted is not asked again
        throw error;
      });
      if (answer === undefined) {
        this.#declined = true;
        return undefined;
      }
      const opened = await retry([answer]);
      if (opened !== undefined && !this.#ordered.includes(answer)) {
        this.#ordered = [answer, ...this.#ordered];
      }
      return opened;
    });
    this.#lastQuestion = mine.catch(() => undefined);
    return mine;
  }
}
