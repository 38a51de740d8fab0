/**
 * What the threads that read and sum tell each other, and the one that writes. Small files are asked for and answered
 * by the thousand a second: what is said of them goes in a few numbers each, for objects cost more to copy than files
 * to open.
 */
import type { ReadResult } from './read-request.js';

/** Files to be read, in order. */
export interface RequestMessage {
  /** Joined by NUL, which no path contains. */
  readonly paths: string;
  /** numbersPerRequest for each. */
  readonly numbers: Float64Array;
  /** The signatures of the versions before, of those that have one, one behind the other. */
  readonly bases: Uint8Array;
}

/** The new signature's block length, the length of the base or noBase, and 1 where a symbolic link is followed. */
export const numbersPerRequest = 3;
export const noBase = -1;

/** A message of the reading thread: what happened, in order, and the bytes that it is about. */
export interface ReadMessage {
  readonly bytes: ArrayBuffer;
  /** numbersPerEvent for each. */
  readonly events: Float64Array;
  /** By the number of the event. */
  readonly failures: ReadonlyMap<number, NonNullable<ReadResult['failure']>>;
}

/** Its kind, where its bytes lie (data, or the signature or its end), how many, and how many were read of the file. */
export const numbersPerEvent = 4;
export const eventKind = { data: 0, end: 1, endOfChanged: 2, signature: 3 } as const;

/** A message is sent once it has so many bytes. */
export const messageBytes = 512 * 1024;
/** What the reading thread may be ahead: then it sleeps. */
export const maxAheadBytes = 8 * 1024 * 1024;

/** What the summing thread is to do: the sums of a file's whole blocks, from those on that are wanted. */
export interface SumRequest {
  readonly job: number;
  /** An open file. */
  readonly file: number;
  readonly blockLength: number;
}

/** The memory that the reading and the summing thread share. */
export interface SumsMemory {
  /** Numbers that are read and set by Atomics; see `at`. */
  readonly control: Int32Array;
  /** The sums of block n lie at n modulo ringBlocks. */
  readonly ring: Int32Array;
}

/** Where the numbers of SumsMemory lie. */
export const at = {
  /** Twice the number of the job that was asked for, one more while it is done; 0 without one. */
  state: 0,
  /** The block up to which there are sums. Its complement where no more will come. */
  published: 1,
  /** The block before which none are wanted any more. */
  wanted: 2,
} as const;

/** How many blocks the summing thread may be ahead: so many that it seldom waits for the one that compares. */
export const ringBlocks = 65536;
/** Blocks are summed in steps of so many bytes, and published so: waking a thread costs as much as summing some 50 kB. */
export const stepBytes = 1 << 20;
/** As `wanted`: no more are. */
export const noneWanted = 2 ** 31 - 1;
