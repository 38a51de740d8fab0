/** Index files of tests, and what is read from them. */
import { createHash } from 'node:crypto';
import { IndexEncoder, IndexParser, packBlocks } from '../../src/archive/index.js';
import type {
  IndexCounts,
  IndexedEntry,
  IndexEntry,
  IndexHeader,
  IndexVolume,
  PieceRun,
} from '../../src/archive/index.js';

export interface Index {
  readonly header: IndexHeader;
  readonly records: readonly (IndexEntry | IndexVolume)[];
}

export const header = { setKey: '20231114T221320Z', producer: 'duplifs test' };

export function encode(records: readonly (IndexEntry | IndexVolume)[]): Buffer {
  const chunks: Buffer[] = [];
  const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
  for (const record of records) {
    if ('number' in record) encoder.volume(record);
    else encoder.entry(record);
  }
  encoder.end();
  return Buffer.concat(chunks);
}

export function decode(...pieces: Buffer[]): Index & { counts: IndexCounts } {
  const records: (IndexEntry | IndexVolume)[] = [];
  let found: IndexHeader | undefined;
  const parser = new IndexParser('a.index', {
    set: (value) => {
      found = value;
    },
    entry: (entry) => records.push(entry),
    volume: (volume) => records.push(volume),
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    parser.push(lent);
    lent.fill(0xaa); // the chunk is the caller's again
  }
  const counts = parser.end();
  if (found === undefined) throw new Error('an index without a set');
  return { header: found, records, counts };
}

export function volumeOf(
  number: number,
  plaintextLength: number,
  blockLength: number,
): IndexVolume {
  const blocks = [];
  for (let at = 0; at < plaintextLength; at += blockLength) {
    blocks.push({
      plaintextOffset: at,
      plaintextLength: Math.min(blockLength, plaintextLength - at),
      fileOffset: Math.floor(at / 3),
      fileLength: 1000,
      digest: createHash('sha256').update(`${number} ${at}`).digest().subarray(0, 16),
    });
  }
  return {
    number,
    fileName: `duplicity-full.20231114T221320Z.vol${number}.difftar.gpg`,
    fileSize: plaintextLength + 1000,
    sha1: createHash('sha1').update(String(number)).digest(),
    sessionKey: { algorithm: 9, key: createHash('sha256').update('key').digest() },
    table: {
      container: 'gpg',
      plaintextLength,
      layout: { compression: 'zip', dataOffset: 271, partBytes: 13, bodyBytes: 4 },
      blocks: packBlocks(blocks),
    },
  };
}

export const run: PieceRun = { volume: 1, offset: 512, length: 10, count: 1, stride: 0 };
export const file: IndexedEntry = {
  path: 'a',
  type: 'reg',
  mode: 0o644,
  uid: 0,
  gid: 0,
  userName: 'root',
  groupName: 'root',
  mtimeSeconds: 1_690_000_000,
  kind: 'snapshot',
  size: 10,
  runs: [run],
};

export function volumeWithoutBlocks(plaintextLength: number): IndexVolume['table'] {
  return { ...volumeOf(1, 0, 1).table, plaintextLength };
}
