/** The thread that sums up the blocks of a large file ahead of the one that compares them; see SummingThread. */
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkSums, wordsPerChunk } from '../../librsync/index.js';
import { at, noneWanted, ringBlocks, stepBytes } from './protocol.js';
import type { SumRequest, SumsMemory } from './protocol.js';

const { control, ring } = workerData as SumsMemory;
const buffer = Buffer.allocUnsafeSlow(stepBytes);

parentPort?.on('message', ({ job, file, blockLength }: SumRequest) => {
  // it may have been given up meanwhile
  if (Atomics.compareExchange(control, at.state, 2 * job, 2 * job + 1) !== 2 * job) return;
  let block = Atomics.load(control, at.wanted);
  try {
    const sums = ChunkSums.of(blockLength);
    if (sums !== undefined) block = sumBlocks(file, sums, block);
  } finally {
    publish(~block);
    Atomics.store(control, at.state, 0);
    Atomics.notify(control, at.state);
  }
});

/** Up to which block there are sums when the file ends or no more are wanted. */
function sumBlocks(file: number, sums: ChunkSums, first: number): number {
  const { blockLength } = sums;
  const blocksPerStep = Math.floor(stepBytes / blockLength);
  publish(first);
  for (let block = first; ;) {
    const wanted = Atomics.load(control, at.wanted);
    if (wanted === noneWanted) return block;
    block = Math.max(block, wanted); // those between are not
    if (block + blocksPerStep > wanted + ringBlocks) {
      Atomics.wait(control, at.wanted, wanted);
      continue;
    }
    const bytes = readSync(file, buffer, 0, blocksPerStep * blockLength, block * blockLength);
    const whole = Math.floor(bytes / blockLength);
    if (whole === 0) return block;
    for (let done = 0; done < whole;) {
      const count = Math.min(whole - done, sums.capacity);
      sums.compute(buffer, done * blockLength, count);
      keep(sums.words(count), block + done);
      done += count;
    }
    block += whole;
    publish(block);
  }
}

/** Puts the sums of blocks from `block` on into the ring. */
function keep(words: Int32Array, block: number): void {
  const from = (block % ringBlocks) * wordsPerChunk;
  const fitting = Math.min(words.length, ring.length - from);
  ring.set(words.subarray(0, fitting), from);
  ring.set(words.subarray(fitting), 0);
}

function publish(value: number): void {
  Atomics.store(control, at.published, value);
  Atomics.notify(control, at.published);
}
