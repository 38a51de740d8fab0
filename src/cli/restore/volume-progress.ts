/** How far a restore is, for programs: records of the volumes that are done, of all (docs/format/2-behaviour.md 6.5). */
import type { RestoreProgress } from '../../restore/index.js';
import type { Log } from '../log.js';

export class VolumeProgress {
  readonly #log: Log;
  readonly #volumes: number;
  #done = -1;

  constructor(log: Log, volumes: number) {
    this.#log = log;
    this.#volumes = Math.max(1, volumes);
  }

  show({ bytes, totalBytes }: RestoreProgress): void {
    const share = totalBytes === 0 ? 0 : Math.min(1, bytes / totalBytes);
    // the last one is done when all is
    const done = Math.min(this.#volumes - 1, Math.floor(share * this.#volumes));
    if (done > this.#done) this.#record(done);
  }

  last(): void {
    this.#record(this.#volumes);
  }

  #record(done: number): void {
    this.#done = done;
    this.#log.record('info', { code: 2, extra: `${done} ${this.#volumes}` });
  }
}
