/** The kernel engine's server, with a test in place of the kernel. */
import { eventText } from '../../../src/cli/events/index.js';
import { expect } from 'vitest';
import type { DuplifsError } from '../../../src/base/index.js';
import { errnoNumber } from '../../../src/mount/file-system-error.js';
import type { ErrnoName } from '../../../src/mount/file-system-error.js';
import type { ReadOnlyFileSystem } from '../../../src/mount/file-system.js';
import { FuseServer } from '../../../src/mount/kernel/server.js';

export interface Reply {
  readonly unique: number;
  readonly errno: number;
  readonly body: Buffer;
}

/** A server whose kernel is this test. */
export function serverOf(fs: ReadOnlyFileSystem) {
  const request = Buffer.alloc(64 * 1024, 0xee);
  const replies: Reply[] = [];
  const log: string[] = [];
  const refused: DuplifsError[] = [];
  let ready = 0;
  const keep = (bytes: Buffer): void => {
    expect(bytes.readUInt32LE(0)).toBe(bytes.length);
    const [errno, unique] = [0 - bytes.readInt32LE(4), Number(bytes.readBigUInt64LE(8))];
    replies.push({ errno, unique, body: bytes.subarray(16) });
  };
  const transport = {
    reply: (bytes: Uint8Array, length: number) => {
      keep(Buffer.from(bytes.subarray(0, length)));
    },
    replyWithData: (header: Uint8Array, data: Uint8Array) => {
      keep(Buffer.concat([header, data]));
    },
  };
  const events = {
    onReady: () => {
      ready += 1;
    },
    onRefused: (error: DuplifsError) => {
      refused.push(error);
    },
  };
  const server = new FuseServer(fs, {
    request,
    transport,
    events,
    report: (event) => log.push(eventText(event)),
    nowSeconds: 7,
  });
  let unique = 0;
  /** Sends a request and returns its number. */
  const send = (opcode: number, node = 1, body: Uint8Array = Buffer.alloc(0), claimed?: number) => {
    unique += 2;
    request.writeUInt32LE(claimed ?? 40 + body.length, 0);
    request.writeUInt32LE(opcode, 4);
    request.writeBigUInt64LE(BigInt(unique), 8);
    request.writeBigUInt64LE(BigInt(node), 16);
    request.set(body, 40);
    server.handle(40 + body.length);
    return unique;
  };
  const last = (): Reply => {
    const reply = replies.at(-1);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  };
  return { server, send, replies, last, log, refused, readyCount: () => ready };
}

export const name = (text: string): Buffer => Buffer.from(`${text}\0`);

export function readBody(offset: number, size: number): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(BigInt(offset), 8);
  body.writeUInt32LE(size, 16);
  return body;
}

export function expectErrno(reply: Reply, errno: ErrnoName): void {
  expect(reply.errno).toBe(errnoNumber(errno));
  expect(reply.body).toHaveLength(0);
}

/** The names in a READDIR reply, with the offset after each. */
export function direntsOf(body: Buffer, header = 0): [string, number][] {
  const found: [string, number][] = [];
  for (let at = 0; at < body.length;) {
    const entry = body.subarray(at + header);
    const length = entry.readUInt32LE(16);
    found.push([entry.toString('utf8', 24, 24 + length), Number(entry.readBigUInt64LE(8))]);
    at += header + ((24 + length + 7) & ~7);
  }
  return found;
}
