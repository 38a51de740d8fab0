/**
 * One pass over all volumes of a set, in order: each is verified, what they hold is handed over entry by entry, and the
 * set's sigtar, where there is one, is held against it in step. A sigtar lists every path that its set has; so where the
 * two agree to their ends, no volume is missing at the end.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { appendPiece, DeltaMapper, DifftarParser, signatureSizeBounds } from '../archive/index.js';
import type {
  BackupSet,
  ContentEntry,
  DifftarEntry,
  IndexEntry,
  Manifest,
  PieceRun,
  StoredFile,
} from '../archive/index.js';
import { DuplifsError, eventLoopTurns } from '../base/index.js';
import { sigtarEntries, withSignature } from '../signatures/index.js';
import type { SignedEntry } from '../signatures/index.js';
import type { ByteRange } from '../storage/index.js';
import { volumeEdge } from '../target/index.js';
import type { Target, VolumeEdges } from '../target/index.js';
import { decodeFile } from '../volume/index.js';

/** A volume that was read whole and verified. */
export interface ReadSetVolume extends VolumeEdges {
  readonly file: StoredFile;
  readonly fileSize: number;
  readonly plaintextLength: number;
}

export interface SetReading {
  readonly target: Target;
  readonly set: BackupSet;
  /** What is known of the volumes: their hashes must be these. */
  readonly known: Manifest | undefined;
  /** Whether the set's sigtar must be there. Where it is it must agree. */
  readonly needsSignatures: boolean;
  /** Is given each entry of the set, in order, with the places of its bytes. */
  readonly onEntry: (entry: IndexEntry) => void;
  /** Awaited now and then, once entries were handed over. */
  readonly drain: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * @throws DuplifsError DAMAGED, FILE_MISSING, SIGNATURE, KEY when the volumes, or volumes and sigtar, are not a whole set
 */
export async function readSet(reading: SetReading): Promise<ReadSetVolume[]> {
  const { set, known } = reading;
  const count = Math.max(set.volumes.size, known?.volumes.at(-1)?.number ?? 0);
  const content = new SetContent(set.key);
  const steps = new SignatureSteps(reading);
  const volumes: ReadSetVolume[] = [];
  try {
    for (let number = 1; number <= count; number += 1) {
      volumes.push(await readVolume(reading, number, content, steps));
    }
    content.end();
    await handOver(reading, content, steps);
    await steps.end();
  } finally {
    await steps.close();
  }
  if (volumes.at(-1)?.last.mayGoOn === true) {
    throw refusal(set.key, 'its last volume ends within a file, so that more have followed');
  }
  return volumes;
}

async function readVolume(
  reading: SetReading,
  number: number,
  content: SetContent,
  steps: SignatureSteps,
): Promise<ReadSetVolume> {
  const { target, set, known, signal } = reading;
  const [file, other] = set.volumes.get(number) ?? [];
  if (file === undefined || other !== undefined) {
    throw new DuplifsError('FILE_MISSING', `Volume ${number} of set ${set.key} is not there once`);
  }
  const sums = { hash: createHash('sha1'), bytes: 0 };
  const reader = {
    read: (from: string, range: ByteRange | undefined, readSignal?: AbortSignal) =>
      summed(target.storage.read(from, range, readSignal), sums),
  };
  const edges: Partial<Record<'first' | 'last', VolumeEdges['first']>> = {};
  const parser = new DifftarParser(file.name, {
    entry: (entry, offset) => {
      edges.last = volumeEdge(entry);
      edges.first ??= edges.last;
      content.entry(entry, number, offset);
    },
    data: (chunk) => {
      content.data(chunk);
    },
    entryEnd: () => undefined,
    unusable: ({ name, reason }) => {
      throw refusal(set.key, `"${file.name}" holds an entry "${name}" ${reason}`);
    },
  });
  const hash = known?.volumes.find((volume) => volume.number === number)?.hash;
  const { name, container } = file;
  const options = { ...target.decode, signKey: target.signKeyFor(file.times), signal };
  const turn = eventLoopTurns();
  let plaintextLength = 0;
  for await (const chunk of decodeFile(reader, { name, container, hash }, options)) {
    plaintextLength += chunk.length;
    parser.push(chunk);
    await handOver(reading, content, steps);
    await turn();
  }
  parser.end();
  const root = { path: '', piece: undefined, mayGoOn: false };
  const { first = root, last = root } = edges;
  const sha1 = sums.hash.digest('hex');
  return { number, file, fileSize: sums.bytes, plaintextLength, first, last, sha1 };
}

/** What was decoded is not certain before its volume has ended: whoever takes it throws all away when this throws. */
async function handOver(
  { onEntry, drain }: SetReading,
  content: SetContent,
  steps: SignatureSteps,
): Promise<void> {
  const entries = content.take();
  if (entries.length === 0) return;
  for (const entry of entries) {
    const cut = await steps.check(entry);
    onEntry(cut === undefined || entry.kind === 'deleted' ? entry : { ...entry, cut });
  }
  await drain();
}

async function* summed(
  chunks: AsyncIterable<Uint8Array>,
  sums: { readonly hash: Hash; bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    sums.hash.update(chunk);
    sums.bytes += chunk.length;
    yield chunk;
  }
}

interface OpenEntry {
  readonly entry: ContentEntry;
  readonly runs: PieceRun[];
  /** Of a diff: what its delta does. */
  readonly mapper: DeltaMapper | undefined;
  length: number;
}

/** Puts entries together from their pieces, over the ends of volumes. */
class SetContent {
  readonly #setKey: string;
  #open: OpenEntry | undefined;
  #done: IndexEntry[] = [];

  constructor(setKey: string) {
    this.#setKey = setKey;
  }

  entry(entry: DifftarEntry, volume: number, offset: number): void {
    const open = this.#open;
    if (entry.kind === 'deleted') {
      this.end();
      this.#done.push({ kind: 'deleted', path: entry.path });
      return;
    }
    const isNext =
      entry.piece !== undefined &&
      open?.entry.path === entry.path &&
      open.entry.kind === entry.kind &&
      open.entry.piece !== undefined;
    if (!isNext) {
      this.end();
      if (entry.piece !== undefined && entry.piece !== 1) {
        throw refusal(this.#setKey, `the beginning of "${entry.path}" is missing`);
      }
      const mapper = entry.kind === 'diff' ? new DeltaMapper(entry.path) : undefined;
      this.#open = { entry, runs: [], mapper, length: 0 };
    }
    if (this.#open === undefined || entry.type !== 'reg') return;
    this.#open.length += entry.dataLength;
    appendPiece(this.#open.runs, { volume, offset, length: entry.dataLength });
  }

  data(chunk: Buffer): void {
    this.#open?.mapper?.push(chunk);
  }

  /** What was open has ended. */
  end(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { entry, runs, mapper, length } = open;
    const size = entry.type !== 'reg' ? 0 : (mapper?.resultLength ?? length);
    this.#done.push({ ...entry, size, runs, deltaMap: mapper?.map });
  }

  /** The entries that have ended since the last time. */
  take(): IndexEntry[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }
}

/** Goes through the set's sigtar in step with its volumes. Without one it says nothing. */
class SignatureSteps {
  readonly #setKey: string;
  readonly #entries: AsyncGenerator<SignedEntry[]> | undefined;
  #batch: SignedEntry[] = [];
  #at = 0;

  constructor({ target, set, needsSignatures, signal }: SetReading) {
    this.#setKey = set.key;
    const [file] = set.signatures.filter(({ partial }) => !partial);
    if (file === undefined) {
      if (!needsSignatures) return;
      throw new DuplifsError('FILE_MISSING', `Set ${set.key} has no signatures`);
    }
    const plaintext = target.decodeMetadata(file, signal);
    this.#entries = sigtarEntries(file.name, set.times.endSeconds, plaintext);
  }

  /** Why the file was cut, where the sigtar says that it was. @throws DuplifsError DAMAGED when the two do not agree */
  async check(entry: IndexEntry): Promise<string | undefined> {
    if (this.#entries === undefined) return undefined;
    const signed = await this.#next();
    if (signed?.path !== entry.path || (signed.kind === 'deleted') !== (entry.kind === 'deleted')) {
      throw this.#disagreement(entry.path);
    }
    if (signed.kind === 'deleted' || entry.kind === 'deleted') return undefined;
    if (signed.type !== entry.type) throw this.#disagreement(entry.path);
    if (entry.type !== 'reg') return undefined;
    const { signature } = await withSignature(signed);
    const bounds = signatureSizeBounds(signature.subarray(0, 12), signature.length);
    if (bounds !== undefined && (entry.size < bounds.minBytes || entry.size > bounds.maxBytes)) {
      throw this.#disagreement(entry.path);
    }
    // how a file is marked that could not be read to its end (docs/writing.md)
    const isCut = signed.mtimeSeconds === 1 || signed.mtimeSeconds === 2;
    return isCut && signed.mtimeSeconds !== entry.mtimeSeconds ? 'unknown' : undefined;
  }

  /** All was handed over. */
  async end(): Promise<void> {
    const more = this.#entries === undefined ? undefined : await this.#next();
    if (more !== undefined) throw this.#disagreement(more.path);
  }

  async close(): Promise<void> {
    await this.#entries?.return(undefined);
  }

  async #next(): Promise<SignedEntry | undefined> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#entries?.next();
      if (next === undefined || next.done === true) return undefined;
      this.#batch = next.value;
      this.#at = 0;
    }
    this.#at += 1;
    return this.#batch[this.#at - 1];
  }

  #disagreement(path: string): DuplifsError {
    return refusal(this.#setKey, `its volumes and its signatures do not agree on "${path}"`);
  }
}

function refusal(setKey: string, reason: string): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `Nothing can be made of the volumes of set ${setKey}: ${reason}`,
  );
}
