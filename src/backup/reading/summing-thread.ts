/**
 * Has the sums of a large file's blocks made by another thread while its delta is made: they take half of the time.
 * That thread reads the file by itself. What of a block is stored comes from one of both reads only: as a copy of the
 * old block that has the sums, or as the bytes of the other read where it has not.
 */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../threads/index.js';
import { wordsPerChunk } from '../../librsync/index.js';
import type { SumsAhead } from '../../librsync/index.js';
import { at, noneWanted, ringBlocks } from './protocol.js';
import type { SumRequest, SumsMemory } from './protocol.js';

/** Longer, and the thread is taken for dead. */
const patienceMs = 30_000;

/** For a thread that may block. */
export class SummingThread {
  readonly #memory: SumsMemory = {
    control: new Int32Array(new SharedArrayBuffer(3 * 4)),
    ring: new Int32Array(new SharedArrayBuffer(ringBlocks * wordsPerChunk * 4)),
  };
  #worker: Worker | undefined;
  #job = 0;
  #isDead = false;

  /** Begins with an open file, which stays open until `end`. Undefined where nobody could help. */
  begin(file: number, blockLength: number): SumsAhead | undefined {
    if (this.#isDead) return undefined;
    const { control } = this.#memory;
    this.#worker ??= startThread<never>(new URL('./sum-thread.js', import.meta.url), {
      task: 'sums blocks',
      workerData: this.#memory,
      onMessage: () => undefined,
      onEnd: () => {
        this.#isDead = true;
      },
    });
    this.#job += 1;
    Atomics.store(control, at.published, ~0);
    Atomics.store(control, at.wanted, 0);
    Atomics.store(control, at.state, 2 * this.#job);
    this.#worker.postMessage({ job: this.#job, file, blockLength } satisfies SumRequest);
    return new SharedSums(this.#memory);
  }

  /** Ends what was begun: afterwards the file is not used any more. */
  end(): void {
    const { control } = this.#memory;
    const running = 2 * this.#job + 1;
    if (Atomics.compareExchange(control, at.state, running - 1, 0) !== running) return;
    Atomics.store(control, at.wanted, noneWanted);
    Atomics.notify(control, at.wanted);
    this.#isDead = Atomics.wait(control, at.state, running, patienceMs) === 'timed-out';
  }
}

class SharedSums implements SumsAhead {
  readonly #control: Int32Array;
  readonly #ring: Int32Array;

  constructor({ control, ring }: SumsMemory) {
    this.#control = control;
    this.#ring = ring;
  }

  until(block: number): number {
    const control = this.#control;
    Atomics.store(control, at.wanted, block);
    Atomics.notify(control, at.wanted);
    for (;;) {
      const published = Atomics.load(control, at.published);
      // while the thread starts, and at the file's end, others make them
      if (published < 0) return Math.max(block, ~published);
      if (published > block) return published;
      if (Atomics.wait(control, at.published, published, patienceMs) === 'timed-out') return block;
    }
  }

  weak(block: number): number {
    return this.#word(block, 0);
  }

  strong0(block: number): number {
    return this.#word(block, 1);
  }

  strong1(block: number): number {
    return this.#word(block, 2);
  }

  #word(block: number, word: number): number {
    return this.#ring[(block % ringBlocks) * wordsPerChunk + word] ?? 0;
  }
}
