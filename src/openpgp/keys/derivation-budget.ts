/**
 * What a process spends on deriving keys that open nothing. Whoever can write to the storage can make every file ask
 * for the dearest derivation; an honest backup asks for one a file, and most of those succeed.
 */

/** 64 of the dearest (65,011,712 bytes): some eight seconds. */
const mostBytes = 64 * 65_011_712;
/** Half of one comes back each second: a mount that runs for weeks is never shut out for good. */
const bytesPerSecond = 65_011_712 / 2;
/** What a success gives back, in derivations like it. */
const earnedBySuccess = 8;

export class DerivationBudget {
  #left = mostBytes;
  #at = performance.now();

  /** Takes the bytes to be hashed; false, and nothing taken, when there are not so many left. */
  spend(bytes: number): boolean {
    const now = performance.now();
    this.#add(((now - this.#at) / 1000) * bytesPerSecond);
    this.#at = now;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** A derivation of so many bytes has opened something. */
  earn(bytes: number): void {
    this.#add(bytes * earnedBySuccess);
  }

  #add(bytes: number): void {
    this.#left = Math.min(mostBytes, this.#left + bytes);
  }
}
