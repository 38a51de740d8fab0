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

export type SignedEntry = PreviousEntry | DeletedEntry;

const entriesPerBatch = 512;
const bytesPerBatch = 4 << 20;
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
  let entries: SignedEntry[] = [];
  let current: PathEntry | DeletedEntry | undefined;
  let parts: Buffer[] = [];
  let bytes = 0;
  let last: string | undefined;
  const parser = new SigtarParser(name, {
    entry: (entry) => {
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
      last = entry.path;
      current = entry;
    },
    data: (chunk) => {
      parts.push(Buffer.from(chunk));
      bytes += chunk.length;
    },
    entryEnd: () => {
      if (current === undefined) return;
      const [only] = parts;
      const signature = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
      entries.push(current.kind === 'deleted' ? current : signed(current, signature, setSeconds));
      parts = [];
    },
  });
  for await (const chunk of plaintext) {
    parser.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (entries.length < entriesPerBatch && bytes < bytesPerBatch) continue;
    yield entries;
    entries = [];
    bytes = 0;
  }
  parser.end();
  yield entries;
}

/** The parser's entry is ours: to add to it takes less than to make another. */
function signed(entry: PathEntry, signature: Buffer, setSeconds: number): PreviousEntry {
  const more = entry as PathEntry & { signature: Buffer; setSeconds: number };
  more.signature = signature;
  more.setSeconds = setSeconds;
  return more;
}
