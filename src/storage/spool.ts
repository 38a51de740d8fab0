/** Bodies as files, for those who need to read one twice or hand it to a program. */
import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunksOf } from './body.js';
import { temporaryPrefix } from './names.js';
import type { Body } from './storage.js';
import { isLeftover, temporaryName } from './temporary.js';

export interface Spool {
  /** A folder of its own, for nobody else's eyes. */
  readonly folder: string;
  remove(): Promise<void>;
}

const swept = new Map<string, Promise<void>>();

/** The first one in a folder removes what processes that were killed have left there. */
export async function newSpool(parent = tmpdir()): Promise<Spool> {
  const sweeping = swept.get(parent) ?? sweep(parent);
  swept.set(parent, sweeping);
  await sweeping;
  const folder = join(parent, temporaryName());
  await mkdir(folder, { mode: 0o700 });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Removes the spools in a folder whose processes are gone, as far as it may. */
export async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    if (!isLeftover(name, Date.now() / 1000 - found.mtimeMs / 1000)) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
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
