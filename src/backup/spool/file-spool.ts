/**
 * One file of a set on its way to the storage: made in the temporary folder, so that an upload can be tried
 * again, then put and compared in size. It has no name there, so that nothing is left of it however the run ends.
 */
import { randomUUID } from 'node:crypto';
import { constants, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import { Replayable, type Storage } from '../../storage/index.js';
import { openVolumeWriter, type Encoding, type VolumeWriter } from '../../volume/index.js';
import { SpoolSink, type FileSums } from './spool-sink.js';

/** A file that is whole and lies in the temporary folder. Whoever has it closes it: then it is gone. */
export interface SpooledFile extends FileSums {
  readonly file: FileHandle;
}

const chunkBytes = 1 << 20;

export class FileSpool {
  readonly folder: string;
  readonly #file: FileHandle;
  readonly #sink: SpoolSink;

  private constructor(folder: string, file: FileHandle) {
    this.folder = folder;
    this.#file = file;
    this.#sink = new SpoolSink(file.fd, folder);
  }

  static async create(folder: string): Promise<FileSpool> {
    try {
      return new FileSpool(folder, await openNameless(folder));
    } catch (error) {
      throw new DuplifsError('TARGET', `Cannot make a file in "${folder}": ${errorText(error)}`, {
        hint: 'Volumes are made there before they are stored; choose another folder with --tempdir',
        cause: error,
      });
    }
  }

  /** The open file, for whoever writes it in place of `open`. */
  get descriptor(): number {
    return this.#file.fd;
  }

  /** Opens a writer in this thread whose file this is. */
  async open(encoding: Encoding): Promise<VolumeWriter> {
    return openVolumeWriter(encoding, (piece) => this.#sink.add(piece));
  }

  /** The whole file: what was written by `open`, or elsewhere with these sums. */
  end(sums: FileSums = this.#sink.sums()): SpooledFile {
    return { ...sums, file: this.#file };
  }

  /** Gives the file up; also once it was put. Nobody may write to it any more. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

/** A file that is gone once it is closed. Linux makes it so at once; elsewhere its name is taken away. */
async function openNameless(folder: string): Promise<FileHandle> {
  if (process.platform === 'linux') {
    const flags = linuxTemporary | constants.O_DIRECTORY | constants.O_RDWR;
    const file = await open(folder, flags, 0o600).catch(() => undefined);
    if (file !== undefined) return file; // not every file system can do it
  }
  const path = join(folder, `duplifs-${randomUUID()}.tmp`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

/** With O_DIRECTORY it is O_TMPFILE (open(2)), which Node has no name for. */
const linuxTemporary = 0o20000000;

/** Puts a file on the storage and sees that it has arrived whole. */
export async function putFile(
  storage: Storage,
  name: string,
  { file, size }: Pick<SpooledFile, 'file' | 'size'>,
  signal?: AbortSignal,
): Promise<void> {
  const body = new Replayable(() => chunksOf(file, size));
  await storage.write(name, body, signal === undefined ? { size } : { size, signal });
  const stored = await storage.stat(name, signal);
  if (stored?.size !== size) {
    throw new DuplifsError(
      'STORAGE',
      `"${name}" has ${stored?.size ?? 'no'} bytes on "${storage.url}", and ${size} were written`,
      { hint: 'Run the same command again: it goes on where this one stopped' },
    );
  }
}

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new Error('A file in the temporary folder was cut off');
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
