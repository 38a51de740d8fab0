import { openStorage } from '../../src/storage/index.js';
import type { ByteRange, Storage } from '../../src/storage/index.js';

/** One read of a volume. */
export interface VolumeRead {
  readonly name: string;
  /** How many bytes came. */
  bytes: number;
  readonly isWhole: boolean;
}

/** The folder as a storage that notes what is read of volumes. */
export async function countingStorage(
  folder: string,
): Promise<{ storage: Storage; reads: VolumeRead[] }> {
  const reads: VolumeRead[] = [];
  const inner = await openStorage(`file://${folder}`, { numRetries: 1 });
  const read = async function* (name: string, range: ByteRange | undefined, signal?: AbortSignal) {
    const noted = { name, bytes: 0, isWhole: range === undefined };
    if (name.includes('.vol')) reads.push(noted);
    for await (const chunk of inner.read(name, range, signal)) {
      noted.bytes += chunk.length;
      yield chunk;
    }
  };
  const storage: Storage = {
    url: inner.url,
    list: inner.list.bind(inner),
    stat: inner.stat.bind(inner),
    read,
    write: inner.write.bind(inner),
    remove: inner.remove.bind(inner),
    close: inner.close.bind(inner),
  };
  return { storage, reads };
}
