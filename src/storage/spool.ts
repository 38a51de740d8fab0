/** Bodies as files, for those who need to read one twice or hand it to a program. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunksOf } from './body.js';
import type { Body } from './storage.js';

export interface Spool {
  /** A folder of its own, for nobody else's eyes. */
  readonly folder: string;
  remove(): Promise<void>;
}

export async function newSpool(): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), 'duplifs-spool-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Writes the body into a new file and returns its size. */
export async function spoolTo(
  path: string,
  body: Body,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of chunksOf(body)) {
      signal?.throwIfAborted();
      for (let at = 0; at < chunk.length;) {
        at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
      }
      size += chunk.length;
    }
  } finally {
    await file.close();
  }
  return size;
}

/** The chunks of a file. */
export function fileChunks(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}
