/** Makes a file beside a set's volumes, wrapped as they are, and puts it once it is whole. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError } from '../base/index.js';
import { newSpool, OpenFile } from '../storage/index.js';
import type { Target } from './target.js';
import { encodingOfFile, openFileWriter, signedBy } from '../volume/index.js';
import type { Encoding, VolumeWriter } from '../volume/index.js';

export interface FileToPut {
  readonly target: Target;
  readonly name: string;
  readonly encoding: Encoding;
  /** For the file while it is made. */
  readonly tempFolder: string;
  readonly write: (writer: VolumeWriter) => Promise<void>;
  /** Called when the file is made; throws when it must not be put. */
  readonly beforePut?: (() => Promise<void>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * How many bytes were put.
 * @throws DuplifsError STORAGE when what has arrived is not as long as what was made
 */
export async function putFile(options: FileToPut): Promise<number> {
  const { target, name, encoding, tempFolder, write, beforePut, signal } = options;
  const spool = await newSpool(tempFolder);
  const file = await open(join(spool.folder, 'file'), 'wx+', 0o600);
  try {
    let size = 0;
    const sink = async (piece: Buffer): Promise<void> => {
      await file.appendFile(piece);
      size += piece.length;
    };
    const writer = signedBy(encoding, openFileWriter(await encodingOfFile(encoding), sink));
    try {
      await write(writer);
      await writer.finish();
    } catch (error) {
      writer.abort();
      throw error;
    }
    signal.throwIfAborted();
    await beforePut?.();
    await target.storage.write(name, new OpenFile(file, size), { size, signal });
    const stored = await target.storage.stat(name, signal);
    if (stored?.size === size) return size;
    const found = stored?.size ?? 'no';
    throw new DuplifsError('STORAGE', `"${name}" has ${found} bytes, and ${size} were written`);
  } finally {
    await file.close();
    await spool.remove();
  }
}

/** SHA-256 of a plaintext. */
export async function digestOf(plaintext: AsyncIterable<Buffer>): Promise<Buffer> {
  const digest = createHash('sha256');
  for await (const chunk of plaintext) digest.update(chunk);
  return digest.digest();
}
