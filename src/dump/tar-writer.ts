/**
 * A tar archive (POSIX 2001: ustar with PAX headers where something does not fit), by the codec that the volumes are
 * written with: names are bytes, and numbers have no limit.
 */
import { encodeTarEntry, paddingLength } from '../archive/index.js';
import type { TarHeader } from '../archive/index.js';
import type { ArchivedEntry, ArchiveWriter, WriteBytes } from './archive-writer.js';

const flags = { reg: '0', sym: '2', chr: '3', blk: '4', dir: '5', fifo: '6' } as const;
/** Two records of zeros. */
const endBytes = 1024;

export class TarWriter implements ArchiveWriter {
  readonly #write: WriteBytes;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  whyNot(): undefined {
    return undefined;
  }

  async add(archived: ArchivedEntry): Promise<void> {
    await this.#write(encodeTarEntry(headerOf(archived, 0)));
  }

  async addFile(
    archived: ArchivedEntry,
    size: number,
    chunks: AsyncIterable<Buffer>,
  ): Promise<void> {
    await this.#write(encodeTarEntry(headerOf(archived, size)));
    for await (const chunk of chunks) await this.#write(chunk);
    if (paddingLength(size) > 0) await this.#write(Buffer.alloc(paddingLength(size)));
  }

  async end(): Promise<void> {
    await this.#write(Buffer.alloc(endBytes));
  }
}

function headerOf({ name, entry, owner }: ArchivedEntry, size: number): TarHeader {
  return {
    name: entry.type === 'dir' ? `${name}/` : name,
    mode: entry.mode,
    uid: owner.uid,
    gid: owner.gid,
    size,
    mtimeSeconds: entry.mtimeSeconds,
    typeflag: flags[entry.type],
    linkName: entry.linkTarget ?? '',
    userName: owner.userName,
    groupName: owner.groupName,
    deviceMajor: entry.device?.major ?? 0,
    deviceMinor: entry.device?.minor ?? 0,
  };
}
