/** The entries of one sigtar with their signatures, some at a time, in bounded memory. */
import { SigtarParser } from '../archive/index.js';
import type { DeletedEntry, PathEntry } from '../archive/index.js';
import { comparePaths, DuplifsError } from '../base/index.js';

/** What a set left at a path; a regular file with its signature. */
export type PreviousEntry = PathEntry & {
  readonly signature: Buffer;
  /** The time of the set that has this version. */
  readonly setSeconds: number;
};

/**
 * A regular file with a long signature, which is read for who asks before the next batch is, and passed over else: of the
 * sets of a chain only the newest one's is wanted, and all together may be more than there is memory.
 */
export type UnreadEntry = PathEntry & {
  readonly setSeconds: number;
  readonly readSignature: () => Promise<Buffer>;
};

export type SignedEntry = PreviousEntry | UnreadEntry | DeletedEntry;

/** The entry with its signature. */
export async function withSignature(entry: PreviousEntry | UnreadEntry): Promise<PreviousEntry> {
  if ('signature' in entry) return entry;
  const { readSignature, ...read } = entry;
  return { ...read, signature: await readSignature() };
}

const entriesPerBatch = 512;
const bytesPerBatch = 256 << 10;
/** What is left of a signature that is long. */
const longBytes = 64 << 10;
/** The longest signature: of a file of some 300 GB. */
const maxSignatureBytes = 2 ** 31 - 1;

/**
 * Reads the plaintext of the sigtar of the set of that time. Throws DAMAGED when it is not in order: merging it with
 * others would lose entries.
 */
export async function* sigtarEntries(
  name: string,
  setSeconds: number,
  plaintext: AsyncIterable<Uint8Array>,
): AsyncGenerator<SignedEntry[]> {
  const source = plaintext[Symbol.asyncIterator]();
  const reading = new SigtarReading(name, setSeconds, source);
  try {
    while (await reading.readSome()) {
      if (reading.isFull) yield reading.takeBatch();
    }
    yield reading.takeBatch();
  } finally {
    await source.return?.();
  }
}

class SigtarReading {
  readonly #setSeconds: number;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #parser: SigtarParser;
  #entries: SignedEntry[] = [];
  #bytes = 0;
  #current: PathEntry | DeletedEntry | undefined;
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Of the current entry, when it was handed out without its signature. */
  #handedOut: { signature: Buffer | undefined; isWanted: boolean } | undefined;

  constructor(name: string, setSeconds: number, source: AsyncIterator<Uint8Array>) {
    this.#setSeconds = setSeconds;
    this.#source = source;
    let last: string | undefined;
    this.#parser = new SigtarParser(name, {
      entry: (entry) => {
        refuseEntry(name, entry, last);
        last = entry.path;
        this.#current = entry;
      },
      data: (chunk) => {
        if (this.#handedOut?.isWanted === false) return;
        this.#parts.push(Buffer.from(chunk));
        this.#partBytes += chunk.length;
      },
      entryEnd: () => {
        this.#endEntry();
      },
    });
  }

  get isFull(): boolean {
    const isOpen = this.#isLong(this.#current);
    return isOpen || this.#entries.length >= entriesPerBatch || this.#bytes >= bytesPerBatch;
  }

  /** Reads a chunk; false at the end. */
  async readSome(): Promise<boolean> {
    // whoever took the last batch has asked for what it wants of it
    if (this.#handedOut?.isWanted === false) this.#drop();
    const next = await this.#source.next();
    if (next.done === true) {
      this.#parser.end();
      return false;
    }
    const { buffer, byteOffset, byteLength } = next.value;
    this.#parser.push(Buffer.from(buffer, byteOffset, byteLength));
    return true;
  }

  /** What was read; the last of it may be an entry whose signature was not. */
  takeBatch(): SignedEntry[] {
    const batch = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    const current = this.#current;
    if (this.#isLong(current)) batch.push(this.#handOut(current));
    return batch;
  }

  #isLong(entry: PathEntry | DeletedEntry | undefined): entry is PathEntry {
    if (entry === undefined || entry.kind === 'deleted' || this.#handedOut !== undefined) {
      return false;
    }
    return entry.signatureLength - this.#partBytes > longBytes;
  }

  #handOut(entry: PathEntry): UnreadEntry {
    const handedOut: { signature: Buffer | undefined; isWanted: boolean } = {
      signature: undefined,
      isWanted: false,
    };
    this.#handedOut = handedOut;
    const readSignature = async (): Promise<Buffer> => {
      handedOut.isWanted = true;
      while (handedOut.signature === undefined) {
        if (!(await this.readSome())) throw new Error('the parser lets no entry end too early');
      }
      return handedOut.signature;
    };
    return { ...entry, setSeconds: this.#setSeconds, readSignature };
  }

  #drop(): void {
    this.#parts = [];
    this.#partBytes = 0;
  }

  #endEntry(): void {
    const [current, handedOut, parts] = [this.#current, this.#handedOut, this.#parts];
    const bytes = this.#partBytes;
    this.#current = undefined;
    this.#handedOut = undefined;
    this.#drop();
    if (current === undefined || handedOut?.isWanted === false) return;
    const [only] = parts;
    const signature = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    if (handedOut !== undefined) {
      handedOut.signature = signature;
      return;
    }
    this.#bytes += bytes;
    this.#entries.push(
      current.kind === 'deleted' ? current : signed(current, signature, this.#setSeconds),
    );
  }
}

function refuseEntry(
  name: string,
  entry: PathEntry | DeletedEntry,
  last: string | undefined,
): void {
  if (entry.kind !== 'deleted' && entry.signatureLength > maxSignatureBytes) {
    throw new DuplifsError(
      'DAMAGED',
      `"${name}" holds a signature of ${entry.signatureLength} bytes`,
    );
  }
  if (last !== undefined && comparePaths(last, entry.path) >= 0) {
    throw new DuplifsError('DAMAGED', `The entries of "${name}" are out of order`, {
      hint: 'The chain cannot be continued; start a new one with "duplifs full"',
    });
  }
}

/** The parser's entry is ours: to add to it takes less than to make another. */
function signed(entry: PathEntry, signature: Buffer, setSeconds: number): PreviousEntry {
  const more = entry as PathEntry & { signature: Buffer; setSeconds: number };
  more.signature = signature;
  more.setSeconds = setSeconds;
  return more;
}
