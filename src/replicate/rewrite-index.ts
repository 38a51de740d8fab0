/** The index of a set whose volumes were written anew: the same entries, where they lie now. */
import { IndexEncoder, IndexParser } from '../archive/index.js';
import type { IndexBinding, IndexEntry, PieceRun, StoredFile } from '../archive/index.js';
import { tableOf } from '../backup/index.js';
import { DuplifsError } from '../base/index.js';
import type { Target } from '../target/index.js';
import type { VolumeWriter } from '../volume/index.js';
import type { CheckedSet } from './checked-set.js';
import type { RewrittenVolume } from './rewrite-state.js';

export interface IndexRewrite {
  readonly from: Target;
  readonly file: StoredFile;
  readonly checked: CheckedSet;
  /** The new volumes in order, and of which of the old ones each was made. */
  readonly volumes: readonly (RewrittenVolume & { readonly made: readonly number[] })[];
  readonly sessionKeys: ReadonlyMap<number, { readonly algorithm: number; readonly key: Buffer }>;
  readonly binding: IndexBinding;
  readonly producer: string;
  readonly signal: AbortSignal;
}

/** @throws DuplifsError DAMAGED where the index is not that of the set and its volumes */
export async function rewriteIndex(
  writer: Pick<VolumeWriter, 'write'>,
  { from, file, checked, volumes, sessionKeys, binding, producer, signal }: IndexRewrite,
): Promise<void> {
  const { key: setKey } = checked.set;
  const places = placesOf(volumes);
  const hashes = new Map(checked.manifest.volumes.map(({ number, hash }) => [number, hash?.hex]));
  let chunks: Buffer[] = [];
  const encoder = new IndexEncoder({ setKey, producer }, (chunk) => chunks.push(chunk));
  const found: { setKey?: string; isOther?: boolean } = {};
  const parser = new IndexParser(file.name, {
    set: (header) => {
      found.setKey = header.setKey;
    },
    entry: (entry) => {
      encoder.entry(moved(entry, places, file.name));
    },
    volume: ({ number, sha1 }) => {
      if (hashes.get(number) !== sha1.toString('hex')) found.isOther = true;
    },
  });
  const drain = async (): Promise<void> => {
    const ready = chunks;
    chunks = [];
    if (ready.length > 0) await writer.write(ready);
  };
  for await (const chunk of from.decodeMetadata(file, signal)) {
    parser.push(chunk);
    await drain();
  }
  parser.end();
  if (found.setKey !== setKey || found.isOther === true) throw notOfSet(file.name, setKey);
  for (const { record } of volumes) {
    encoder.volume({
      table: tableOf(record),
      number: record.number,
      fileName: record.name,
      fileSize: record.size,
      sha1: Buffer.from(record.sha1, 'hex'),
      sessionKey: sessionKeys.get(record.number),
    });
    await drain();
  }
  encoder.binding(binding);
  encoder.end();
  await drain();
}

/** Where the tar of an old volume lies now. */
interface Place {
  readonly volume: number;
  readonly offset: number;
}

function placesOf(volumes: IndexRewrite['volumes']): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  for (const { record, made, offsets } of volumes) {
    for (const [at, number] of made.entries()) {
      places.set(number, { volume: record.number, offset: offsets[at] ?? 0 });
    }
  }
  return places;
}

function moved(entry: IndexEntry, places: ReadonlyMap<number, Place>, name: string): IndexEntry {
  if (entry.kind === 'deleted' || entry.runs.length === 0) return entry;
  const runs = entry.runs.map((run): PieceRun => {
    const place = places.get(run.volume);
    if (place === undefined) {
      throw new DuplifsError('DAMAGED', `"${name}" tells of a volume that its set does not have`);
    }
    return { ...run, volume: place.volume, offset: run.offset + place.offset };
  });
  return { ...entry, runs };
}

function notOfSet(name: string, setKey: string): DuplifsError {
  return new DuplifsError('DAMAGED', `"${name}" is not the index of set ${setKey} and its volumes`);
}
