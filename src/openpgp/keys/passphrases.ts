import { LRUCache } from 'lru-cache';

import type { Cipher } from '../packets/algorithms.js';
import { distinctPassphrases, passphraseBytes } from '../packets/passphrase.js';
import type { Passphrase } from '../packets/passphrase.js';
import { deriveKey, hashedBytes } from '../packets/s2k.js';
import type { S2k } from '../packets/s2k.js';
import { DerivationBudget } from './derivation-budget.js';

/** Asks the user; undefined means that there is nobody to ask, or that the user wants no more of it. */
export type Ask = (question: string) => Promise<Passphrase | undefined>;

const maxDerivedKeys = 256;
const maxGroups = 10_000;

/**
 * The passphrases that are known, the one that worked last first, and the keys derived from them. All of
 * it lives in memory only, and is wiped by `wipe`.
 */
export class Passphrases {
  readonly #budget = new DerivationBudget();
  #ordered: readonly Buffer[];
  readonly #derived = new LRUCache<string, Promise<Buffer>>({
    max: maxDerivedKeys,
    dispose: (key) => void key.then(wiped, () => undefined),
  });
  /** What has opened files of a group, which files of the same group are tried with first. */
  readonly #openers = new LRUCache<string, Buffer>({ max: maxGroups });
  /** Numbers for passphrases, in place of themselves. */
  readonly #numbers = new WeakMap<Buffer, number>();
  #numbered = 0;
  readonly #asked = new Set<string>();
  readonly #ask: Ask | undefined;
  #declined = false;
  /** Questions are asked one after the other. */
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(known: readonly Passphrase[], ask: Ask | undefined) {
    this.#ordered = distinctPassphrases(known);
    this.#ask = ask;
  }

  get known(): readonly Buffer[] {
    return this.#ordered;
  }

  /** Takes one that was asked for elsewhere. */
  add(passphrase: Buffer): void {
    if (this.#ordered.some((one) => one.equals(passphrase))) return;
    this.#ordered = [...this.#ordered, Buffer.from(passphrase)];
  }

  /** The known ones, first that which has opened other files of the group. */
  knownFor(group: string | undefined): readonly Buffer[] {
    const opener = this.openerOf(group);
    if (opener === undefined) return this.#ordered;
    return [opener, ...this.#ordered.filter((one) => one !== opener)];
  }

  /** What has opened other files of the group. */
  openerOf(group: string | undefined): Buffer | undefined {
    return group === undefined ? undefined : this.#openers.get(group);
  }

  /** A passphrase opened a file of the group; `s2k` is how a key was derived from it, where that was done. */
  worked(passphrase: Buffer, group: string | undefined, s2k?: S2k): void {
    if (s2k !== undefined) this.#budget.earn(hashedBytes(s2k));
    if (group !== undefined) this.#openers.set(group, passphrase);
    if (this.#ordered[0] === passphrase || !this.#ordered.includes(passphrase)) return;
    this.#ordered = [passphrase, ...this.#ordered.filter((one) => one !== passphrase)];
  }

  /**
   * The key for a cipher, derived once: gpg's usual count takes some 0.1 s. A copy, which the caller wipes. Undefined
   * when keys that opened nothing have taken too much time already.
   */
  async derive(s2k: S2k, passphrase: Buffer, cipher: Cipher): Promise<Buffer | undefined> {
    const { hash, salt, count } = s2k;
    const number = this.#numberOf(passphrase);
    const id = [hash, salt.toString('hex'), count, cipher.keyBytes, number].join(':');
    let key = this.#derived.get(id);
    if (key === undefined) {
      if (!this.#budget.spend(hashedBytes(s2k))) return undefined;
      key = deriveKey(s2k, passphrase, cipher.keyBytes);
      this.#derived.set(id, key);
    }
    return Buffer.from(await key);
  }

  /**
   * Asks for one more passphrase, unless the same question was asked before or nobody answers.
   * Before it does, `retry` is given the passphrases that others were told meanwhile.
   */
  async oneMore<T>(
    question: string,
    tried: readonly Buffer[],
    retry: (passphrases: readonly Buffer[]) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const mine = this.#lastQuestion.then(async () => {
      const learnt = this.#ordered.filter((one) => !tried.includes(one));
      const found = learnt.length > 0 ? await retry(learnt) : undefined;
      if (found !== undefined || !this.#ask || this.#declined || this.#asked.has(question))
        return found;
      this.#asked.add(question);
      const given = await this.#ask(question).catch((error: unknown) => {
        this.#declined = true; // who was interrupted is not asked again
        throw error;
      });
      if (given === undefined) {
        this.#declined = true;
        return undefined;
      }
      const answer = passphraseBytes(given);
      const opened = await retry([answer]);
      if (opened !== undefined && !this.#ordered.some((one) => one.equals(answer))) {
        this.#ordered = [answer, ...this.#ordered];
      }
      return opened;
    });
    this.#lastQuestion = mine.catch(() => undefined);
    return mine;
  }

  /** Overwrites all of it, and knows none any more. */
  wipe(): void {
    this.#derived.clear();
    this.#openers.clear();
    this.#ordered.forEach(wiped);
    this.#ordered = [];
  }

  #numberOf(passphrase: Buffer): number {
    const known = this.#numbers.get(passphrase);
    if (known !== undefined) return known;
    this.#numbered += 1;
    this.#numbers.set(passphrase, this.#numbered);
    return this.#numbered;
  }
}

function wiped(bytes: Uint8Array): void {
  bytes.fill(0);
}
