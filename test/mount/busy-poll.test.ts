import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, stat, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BusyPoll, loadPollCalls } from '../../src/mount/kernel/busy-poll.js';
import type { PollCalls } from '../../src/mount/kernel/busy-poll.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

/** A kernel whose clock goes on by a tenth of a millisecond with each question. */
class FakeKernel implements PollCalls {
  readonly eventLoopFd = 17;
  time = 0;
  /** When requests come, in order, and their lengths. */
  requests: { at: number; length: number }[] = [];
  loopReadyFrom = Infinity;
  reads = 0;

  readonly read = (): number => {
    this.reads += 1;
    const [first] = this.requests;
    if (first === undefined || first.at > this.time) return -1;
    this.requests.shift();
    return first.length;
  };

  readonly poll = (descriptors: Buffer): number => {
    expect(descriptors.readInt32LE(0)).toBe(this.eventLoopFd);
    return this.time >= this.loopReadyFrom ? 1 : 0;
  };

  readonly now = (): number => {
    this.time = Math.round(10 * this.time + 1) / 10;
    return this.time;
  };
}

function pollOf(kernel: FakeKernel): BusyPoll {
  return new BusyPoll(5, Buffer.alloc(64), kernel);
}

describe('waiting without sleeping', () => {
  it('gives the request that comes within the time, and the next', () => {
    const kernel = new FakeKernel();
    kernel.requests = [
      { at: 0.2, length: 40 },
      { at: 0.2, length: 48 },
    ];
    const poll = pollOf(kernel);
    expect(poll.begin()).toBe(true);
    expect(poll.next()).toBe(40);
    expect(poll.next()).toBe(48);
  });

  it('ends at once when the event loop has something else to do', () => {
    const kernel = new FakeKernel();
    kernel.loopReadyFrom = 0;
    const poll = pollOf(kernel);
    poll.begin();
    expect(poll.next()).toBe(0);
    expect(kernel.reads).toBe(1);
  });

  it('takes the request that has made the event loop ready', () => {
    const kernel = new FakeKernel();
    kernel.loopReadyFrom = 0;
    kernel.requests = [{ at: 0, length: 40 }];
    const poll = pollOf(kernel);
    poll.begin();
    expect(poll.next()).toBe(40);
  });

  it('gives up after a fifth of a millisecond, and then rests for more and more requests', () => {
    const kernel = new FakeKernel();
    const poll = pollOf(kernel);
    const rests = [];
    for (let wait = 0; wait < 6; wait += 1) {
      let rested = 0;
      while (!poll.begin()) rested += 1;
      rests.push(rested);
      const before = kernel.time;
      expect(poll.next()).toBe(0);
      expect(kernel.time - before).toBeLessThan(0.6);
    }
    expect(rests).toEqual([0, 1, 3, 7, 8, 8]);
    while (!poll.begin()) continue;
    kernel.requests = [{ at: 0, length: 40 }];
    expect(poll.next()).toBe(40);
    expect(poll.begin()).toBe(true);
  });

  it('lets the event loop have a turn after two milliseconds of requests', () => {
    const kernel = new FakeKernel();
    kernel.requests = Array.from({ length: 1000 }, () => ({ at: 0, length: 40 }));
    const poll = pollOf(kernel);
    poll.begin();
    let taken = 0;
    while (poll.next() > 0) taken += 1;
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(30);
    expect(poll.begin()).toBe(true);
    expect(poll.next()).toBe(40);
  });
});

describe('the calls', () => {
  it('read what is there without waiting, and see that the event loop has work', async () => {
    const calls = await loadPollCalls();
    if (calls === undefined) throw new Error('koffi does not work here');
    const fifo = join(newFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(16);
      expect(calls.read(fd, bytes, 16)).toBe(-1);
      writeSync(fd, 'asked');
      expect(calls.read(fd, bytes, 16)).toBe(5);
      expect(bytes.toString('latin1', 0, 5)).toBe('asked');
    } finally {
      closeSync(fd);
    }
    const done = new Promise((resolve) => {
      stat('/', resolve);
    });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    const descriptor = Buffer.alloc(8);
    descriptor.writeInt32LE(calls.eventLoopFd, 0);
    descriptor.writeInt16LE(1, 4);
    expect(calls.poll(descriptor, 1, 0)).toBe(1);
    await done;
  });
});
