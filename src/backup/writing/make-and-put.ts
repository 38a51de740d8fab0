/** Files of a set that are no volumes: made, put on the storage, and kept in the archive dir. */
import { open, rename } from 'node:fs/promises';
import type { Storage } from '../../storage/index.js';
import { openFileWriter } from '../../volume/index.js';
import type { Encoding, VolumeWriter } from '../../volume/index.js';
import { putFile } from '../spool/file-spool.js';
import type { VolumeMaker } from '../spool/volume-maker.js';

const copyBytes = 256 * 1024;

/** A file that is to be made and put. */
export interface NewFile {
  readonly name: string;
  readonly encoding: Encoding;
  readonly write: (writer: VolumeWriter) => Promise<void> | undefined;
}

/** Makes the files one after the other, and puts each while the next is made. */
export async function makeAndPut(
  maker: VolumeMaker,
  storage: Storage,
  files: readonly NewFile[],
): Promise<void> {
  const puts: Promise<void>[] = [];
  try {
    for (const { name, encoding, write } of files) {
      const spooled = await maker.make(encoding, write);
      const put = putFile(storage, name, spooled).finally(() => spooled.file.close());
      put.catch(() => undefined); // it comes out at the end
      puts.push(put);
    }
  } finally {
    await Promise.allSettled(puts);
  }
  await Promise.all(puts);
}

/** Makes a local .gz file whole or not at all. */
export async function gzipInto(
  path: string,
  level: number,
  write: (writer: VolumeWriter) => Promise<void> | undefined,
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const writer = openFileWriter({ container: 'gz', level }, (piece) => file.appendFile(piece));
    await write(writer);
    await writer.finish();
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Copies a file of any size through one buffer: a writer has taken the bytes when `write` returns. */
export async function copyInto(
  writer: Pick<VolumeWriter, 'write'>,
  path: string,
  end?: Buffer,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(copyBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, copyBytes, null);
      if (bytesRead === 0) break;
      await writer.write([buffer.subarray(0, bytesRead)]);
    }
  } finally {
    await file.close();
  }
  if (end !== undefined) await writer.write([end]);
}
