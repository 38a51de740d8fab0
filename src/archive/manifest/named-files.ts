/**
 * The regular files that a manifest lists as new or changed, as the hashes of their paths: enough to see that signatures
 * are of another set, at four bytes a file.
 */
export class NamedFiles {
  /** In order; a hash that two paths share stands there twice. */
  readonly #hashes: Uint32Array;
  readonly #isSeen: Uint8Array;
  #left: number;

  /** @param hashes of the paths, in any order */
  constructor(hashes: readonly number[]) {
    this.#hashes = Uint32Array.from(hashes).sort();
    this.#isSeen = new Uint8Array(hashes.length);
    this.#left = hashes.length;
  }

  /** What it takes in memory. */
  get bytes(): number {
    return this.#hashes.byteLength + this.#isSeen.byteLength;
  }

  /** How many of the files were not seen. */
  get left(): number {
    return this.#left;
  }

  /** Begins anew: none was seen. */
  reset(): void {
    this.#isSeen.fill(0);
    this.#left = this.#hashes.length;
  }

  /** Notes that a file is there; one that is not listed does not matter. */
  see(path: string): void {
    const hash = hashOf(path);
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    for (; this.#hashes[low] === hash; low += 1) {
      if (this.#isSeen[low] === 1) continue;
      this.#isSeen[low] = 1;
      this.#left -= 1;
    }
  }
}

/** FNV-1a over the path's code units. */
export function hashOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < path.length; at += 1) {
    hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
