/**
 * The files of a chain's tree, rebuilt in the order in which they were asked for, each in one pass: the new signature is
 * made of the bytes, and they are held against the one that the chain has. A file that is not what that says ends it all.
 */
import type { FileReads, ReadEvent } from '../backup/index.js';
import { DuplifsError } from '../base/index.js';
import {
  blockLengthFor,
  parseSignature,
  SignatureBuilder,
  SignatureCheck,
} from '../librsync/index.js';
import { Disagreement } from '../snapshot/index.js';
import type { Snapshot } from '../snapshot/index.js';
import { collectPiledUp, noteShortLived } from '../threads/index.js';
import type { TreeEntry } from './tree-entry.js';

/** One read: what the caches and the writer of volumes both take well. */
const chunkBytes = 512 * 1024;

/** Read between two looks at how much memory has piled up. */
const collectionBytes = 8 << 20;

/** A file that is being read. */
interface OpenFile {
  readonly source: TreeEntry;
  readonly signature: SignatureBuilder;
  /** Where the chain's signature has other blocks than the new one. */
  readonly check: SignatureCheck | undefined;
  at: number;
}

export interface TreeReadsOptions {
  readonly snapshot: Pick<Snapshot, 'read' | 'cutOf'>;
  readonly maxBlockLength: number;
  readonly signal: AbortSignal;
}

export class TreeReads implements FileReads {
  readonly #options: TreeReadsOptions;
  #wanted: TreeEntry[] = [];
  #next = 0;
  #file: OpenFile | undefined;
  /** The next bytes of the file, where they are not at hand. */
  #waiting: Promise<Buffer> | undefined;

  constructor(options: TreeReadsOptions) {
    this.#options = options;
  }

  request(source: TreeEntry): void {
    if (this.#next === this.#wanted.length) {
      this.#wanted = [];
      this.#next = 0;
    }
    this.#wanted.push(source);
  }

  ready(): ReadEvent | undefined {
    if (this.#waiting !== undefined) return undefined;
    const file = (this.#file ??= this.#open());
    const { source, at } = file;
    const left = source.size - at;
    if (left === 0) return this.#end(file);
    const { snapshot, signal } = this.#options;
    const bytes = snapshot.read(source.entry, at, Math.min(chunkBytes, left), signal);
    if (Buffer.isBuffer(bytes)) return this.#take(file, bytes);
    bytes.catch(() => undefined); // it comes out when it is awaited
    this.#waiting = bytes;
    return undefined;
  }

  async next(): Promise<ReadEvent> {
    const event = this.ready();
    if (event !== undefined) return event;
    const [file, waiting] = [this.#file, this.#waiting];
    if (file === undefined || waiting === undefined) throw new Error('Nothing was asked for');
    const bytes = await waiting;
    this.#waiting = undefined;
    return this.#take(file, bytes);
  }

  #open(): OpenFile {
    const source = this.#wanted[this.#next];
    if (source === undefined) throw new Error('No file was asked for');
    this.#next += 1;
    const blockLength = blockLengthFor(source.size, this.#options.maxBlockLength);
    const signature = new SignatureBuilder(blockLength);
    const { path } = source;
    const check = SignatureCheck.of(source.signature, path);
    if (check === undefined) throw unverifiable(path);
    const isSameLength = parseSignature(source.signature, path).blockLength === blockLength;
    return { source, signature, check: isSameLength ? undefined : check, at: 0 };
  }

  #take(file: OpenFile, bytes: Buffer): ReadEvent {
    const { path } = file.source;
    if (bytes.length === 0) throw new DuplifsError('DAMAGED', `"${path}" is shorter than its size`);
    file.signature.update(bytes);
    file.check?.update(bytes);
    file.at += bytes.length;
    noteShortLived(bytes.length);
    if (file.at % collectionBytes < bytes.length) collectPiledUp(); // within a large file nobody else does
    return { kind: 'data', bytes };
  }

  #end({ source, signature: builder, check }: OpenFile): ReadEvent {
    this.#file = undefined;
    const { path, size, entry } = source;
    const signature = builder.digest();
    if (!(check?.isSame() ?? signature.equals(source.signature))) throw notSigned(path);
    const cut = this.#options.snapshot.cutOf(entry);
    const result = { bytes: size, signature, changed: false };
    if (cut === undefined) return { kind: 'end', result };
    return { kind: 'end', result: { ...result, failure: { code: cut.reason, at: 'read' } } };
  }
}

function notSigned(path: string): Disagreement {
  return new Disagreement(
    `"${path}" as the volumes of the chain give it is not the file that its signatures are of`,
    'No full is made of it. An older set may be sound: give its --time; or make a full from the source with "duplifs full"',
  );
}

function unverifiable(path: string): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `The signature of "${path}" is of a kind that the file cannot be held against`,
    { hint: 'Make a full from the source with "duplifs full"' },
  );
}
