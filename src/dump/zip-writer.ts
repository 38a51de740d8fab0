/**
 * A zip archive, by compress-commons. Its directory stands at the end, so what is known of each entry stays in memory
 * until then; who has very many of them takes tar.
 */
import { Readable } from 'node:stream';
import { ZipArchiveOutputStream } from 'compress-commons';
import { encodeName, hasEscapes } from '../base/index.js';
import type { ArchivedEntry, ArchiveWriter, WriteBytes } from './archive-writer.js';
import { ZipEntry } from './zip-entry.js';

const level = 6;
/** A field of 16 bits. */
const maxNameBytes = 0xffff;

export class ZipWriter implements ArchiveWriter {
  readonly #zip = new ZipArchiveOutputStream({ zlib: { level } });
  /** Ends when all is written. */
  readonly #pumping: Promise<void>;

  constructor(write: WriteBytes) {
    this.#pumping = pump(this.#zip, write);
    // it is awaited at the end; until then what failed is told by whatever is being added
    this.#pumping.catch((error: unknown) => {
      this.#zip.destroy(error instanceof Error ? error : undefined);
    });
  }

  whyNot({ name, entry: { type } }: ArchivedEntry): string | undefined {
    if (type !== 'reg' && type !== 'dir' && type !== 'sym') {
      return 'a zip archive holds no devices and pipes';
    }
    if (hasEscapes(name)) return 'names in zip archives are UTF-8';
    if (name.includes('\\')) return 'in zip archives many programs take a backslash for a slash';
    return encodeName(name).length < maxNameBytes
      ? undefined
      : 'its path is too long for a zip archive';
  }

  async add(archived: ArchivedEntry): Promise<void> {
    if (archived.name === '.') return; // what all lies in has no name there
    const { type, linkTarget } = archived.entry;
    const content = type === 'sym' ? encodeName(linkTarget ?? '') : Buffer.alloc(0);
    const entry = new ZipEntry(bare(archived), type === 'sym' ? 'sym' : 'dir', content.length);
    await this.#add(entry, content);
  }

  async addFile(
    archived: ArchivedEntry,
    size: number,
    chunks: AsyncIterable<Buffer>,
  ): Promise<void> {
    const entry = new ZipEntry(bare(archived), 'reg', size);
    await this.#add(entry, size === 0 ? Buffer.alloc(0) : Readable.from(chunks));
  }

  async end(): Promise<void> {
    this.#zip.finish();
    await this.#pumping;
  }

  async #add(entry: ZipEntry, source: Buffer | Readable): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#zip.once('error', reject);
      this.#zip.entry(entry, source, (error) => {
        this.#zip.off('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** Names in zip archives begin with no dot. */
function bare(archived: ArchivedEntry): ArchivedEntry {
  return { ...archived, name: archived.name.replace(/^\.\//, '') };
}

async function pump(zip: AsyncIterable<Uint8Array>, write: WriteBytes): Promise<void> {
  for await (const bytes of zip) await write(bytes);
}
