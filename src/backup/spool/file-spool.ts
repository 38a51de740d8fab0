/**
 * Files of a set on their way to the storage: made in the temporary folder, so that an upload can be tried
 * again, then put and compared in size. They have no name there, so that nothing is left of them however the run ends.
 */
import { randomUUID } from 'node:crypto';
import { constants, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import { OpenFile } from '../../storage/index.js';
import type { Storage } from '../../storage/index.js';
import type { FileSums } from './spool-sink.js';

/** A file that is whole and lies in the temporary folder. Whoever has it closes it: then it is gone. */
export interface SpooledFile extends FileSums {
  readonly file: FileHandle;
}

/** An empty file in that folder, which is gone once it is closed. Fails with TARGET. */
export async function openSpool(folder: string): Promise<FileHandle> {
  try {
    return await openNameless(folder);
  } catch (error) {
    throw new DuplifsError('TARGET', `Cannot make a file in "${folder}": ${errorText(error)}`, {
      hint: 'Volumes are made there before they are stored; choose another folder with --tempdir',
      cause: error,
    });
  }
}

/** Linux makes a file without a name; elsewhere its name is taken away. */
export async function openNameless(folder: string): Promise<FileHandle> {
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
  const body = new OpenFile(file, size);
  await storage.write(name, body, signal === undefined ? { size } : { size, signal });
  const stored = await storage.stat(name, signal);
  if (stored?.size !== size) {
    throw new DuplifsError(
      'UPLOAD_SIZE',
      `"${name}" has ${stored?.size ?? 'no'} bytes on "${storage.url}", and ${size} were written`,
      { hint: 'Run the same command again: it goes on where this one stopped' },
    );
  }
}
