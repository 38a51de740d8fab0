/** One volume, fetched and decoded once, and held against all that is known of it. */
import { DifftarParser } from '../archive/index.js';
import type { ManifestVolume, SetTimes, StoredFile } from '../archive/index.js';
import { noteShortLived } from '../threads/index.js';
import type { ByteRange } from '../storage/index.js';
import type { Target } from '../target/index.js';
import { decodeFile } from '../volume/index.js';
import type { Finding } from './finding.js';
import type { IndexedVolume } from './read-index.js';
import { BlockSummer, PlaceSummer } from './volume-sums.js';

export interface VolumeToRead {
  readonly setKey: string;
  readonly times: SetTimes;
  readonly file: StoredFile;
  readonly size: number;
  readonly hash: ManifestVolume['hash'];
  /** What the set's index says of it, where there is one. */
  readonly indexed: IndexedVolume | undefined;
  /** Of the index. */
  readonly indexName: string;
}

export interface ReadVolumeOptions {
  readonly target: Target;
  /** Is given how many bytes were fetched. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Bytes of buffers that come and go for one of plaintext: read, decrypted, inflated. */
const buffersPerByte = 4;

/**
 * Fetches the volume, verifies its hash, integrity code and signature, and that its entries are well formed and lie where
 * the index says. What is found is returned.
 * @throws DuplifsError DAMAGED, SIGNATURE, KEY, STORAGE_*: the volume cannot be used
 */
export async function readVolume(
  volume: VolumeToRead,
  { target, onBytes, signal }: ReadVolumeOptions,
): Promise<Finding[]> {
  const { setKey, file, hash, times, indexed } = volume;
  const places = indexed?.places === undefined ? undefined : new PlaceSummer();
  const blocks =
    indexed?.blocks.digests === undefined ? undefined : new BlockSummer(indexed.blocks);
  const unusable = { count: 0, entry: '', reason: '' };
  const parser = new DifftarParser(file.name, {
    entry: (entry, dataOffset) => places?.entry(entry, dataOffset),
    data: () => undefined,
    entryEnd: () => undefined,
    unusable: ({ name, reason }) => {
      if (unusable.count === 0) Object.assign(unusable, { entry: name, reason });
      unusable.count += 1;
    },
  });
  const reader = {
    read: (name: string, range: ByteRange | undefined, readSignal?: AbortSignal) =>
      counted(target.storage.read(name, range, readSignal), onBytes),
  };
  const { container } = file;
  const options = { ...target.decode, signKey: target.signKeyFor(times), signal };
  let misread: unknown;
  for await (const chunk of decodeFile(reader, { name: file.name, container, hash }, options)) {
    noteShortLived(buffersPerByte * chunk.length);
    blocks?.update(chunk);
    try {
      if (misread === undefined) parser.push(chunk);
    } catch (error) {
      misread = error; // counts only if the volume is what it should be: else that is the reason
    }
  }
  if (misread !== undefined) throw misread as Error;
  parser.end();
  const findings: Finding[] = [];
  const { name } = file;
  if (unusable.count > 0) findings.push({ kind: 'entries-unusable', setKey, name, ...unusable });
  const reason = disagreement(indexed, { blocks, places });
  if (reason !== undefined) {
    const said = `${reason} "${name}"`;
    findings.push({ kind: 'index-disagrees', setKey, name: volume.indexName, reason: said });
  }
  return findings;
}

interface Summers {
  readonly blocks: BlockSummer | undefined;
  readonly places: PlaceSummer | undefined;
}

function disagreement(
  indexed: IndexedVolume | undefined,
  { blocks, places }: Summers,
): string | undefined {
  if (indexed === undefined) return undefined;
  if (blocks?.isSameAs(indexed.blocks) === false) return 'it has other blocks than those of';
  if (places !== undefined && places.end() !== indexed.places) {
    return 'it has other places of files than those in';
  }
  return undefined;
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}
