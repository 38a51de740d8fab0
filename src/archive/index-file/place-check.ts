/** Whether all places that entries name lie in volumes that the index has. */
import type { Fail } from '../damaged.js';
import type { IndexVolume, PieceRun } from './model.js';

export class PlaceCheck {
  readonly #lengths = new Map<number, number>();
  /** For each volume the end of what entries take from it. */
  readonly #reach = new Map<number, number>();
  #volume = 0;
  #volumeReach = 0;

  use(run: PieceRun): void {
    if (run.volume !== this.#volume) this.#turnTo(run.volume);
    const end = run.offset + (run.count - 1) * run.stride + run.length;
    if (end > this.#volumeReach) this.#volumeReach = end;
  }

  /** Throws what `fail` makes when the volume is there already. */
  add({ number, table }: IndexVolume, fail: Fail): void {
    if (this.#lengths.has(number)) throw fail(`holds volume ${number} twice`);
    this.#lengths.set(number, table.plaintextLength);
  }

  /** At the end of the index. Throws what `fail` makes when a place lies outside. */
  check(fail: Fail): void {
    this.#turnTo(0);
    for (const [volume, reach] of this.#reach) {
      if (volume > 0 && !(reach <= (this.#lengths.get(volume) ?? -1))) {
        throw fail(`holds places that volume ${volume} does not have`);
      }
    }
  }

  #turnTo(volume: number): void {
    this.#reach.set(this.#volume, this.#volumeReach);
    this.#volume = volume;
    this.#volumeReach = this.#reach.get(volume) ?? 0;
  }
}
