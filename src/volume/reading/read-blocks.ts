/**
 * Reads a run of neighbouring blocks of a volume by one range of its file, and verifies each against its
 * digest.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';
import { blockAt, countBlocks, unpackBlocks } from '../../archive/index.js';
import type {
  Block,
  BlockTable,
  GpgBlockTable,
  GpgLayout,
  MessageLayout,
} from '../../archive/index.js';
import type { SeekPoint } from '../../deflate/index.js';
import { DuplifsError } from '../../base/index.js';
import { decodeBlocks, parseMessageHeader, withSkips } from '../../openpgp/index.js';
import type {
  Keyring,
  MessageHeader,
  SeekableBlock,
  SeekableMessage,
  SessionKey,
} from '../../openpgp/index.js';
import type { ByteRange, Storage } from '../../storage/index.js';
import type { EncodedFile } from '../decoding/decode-file.js';
import { decodeContinuous } from './decode-continuous.js';

const inflateInPool = promisify(inflateRaw);
/** The packets before the encrypted data: more than enough for dozens of recipients. */
const headerBytes = 16 * 1024;
/** Of the encrypted data, which gpg wants to see before it tells a session key. */
const startBytes = 1024;
const maxBlockBytes = 16 * 2 ** 20;

interface OpenMessage {
  readonly message: SeekableMessage;
  readonly blocks: readonly SeekableBlock[];
}

/** Where the blocks of a volume of another program's begin in its deflate stream. */
export type PointsOf = (first: number, count: number) => readonly SeekPoint[];

export interface BlockReaderOptions {
  readonly storage: Pick<Storage, 'read'>;
  readonly keyring: Keyring;
  readonly file: EncodedFile;
  /** With at least one block. */
  readonly table: BlockTable;
  /** The one that the index gives; without it the file's own header is opened. */
  readonly sessionKey?: SessionKey | undefined;
  /** For a continuous table. */
  readonly pointsOf?: PointsOf | undefined;
}

export class BlockReader {
  readonly #storage: Pick<Storage, 'read'>;
  readonly #keyring: Keyring;
  readonly #file: EncodedFile;
  readonly #table: BlockTable;
  readonly #pointsOf: PointsOf;
  #message: Promise<OpenMessage> | undefined;
  #sessionKey: Promise<SessionKey> | undefined;

  constructor(options: BlockReaderOptions) {
    const { storage, keyring, file, table, sessionKey, pointsOf } = options;
    this.#pointsOf = pointsOf ?? (() => []);
    this.#storage = storage;
    this.#keyring = keyring;
    this.#file = file;
    this.#table = table;
    if (sessionKey === undefined) return;
    this.#sessionKey = Promise.resolve(sessionKey);
    if (table.container === 'gpg') this.#message = Promise.resolve(this.#open(table, sessionKey));
  }

  /** The plaintexts of `count` blocks from `first`. Fails with DAMAGED when one is not what it must be. */
  async read(first: number, count: number, signal?: AbortSignal): Promise<Buffer[]> {
    const blocks = unpackBlocks(this.#table.blocks, first, count);
    const [start] = blocks;
    const end = blocks.at(-1);
    if (start === undefined || end === undefined) return [];
    if (blocks.some(({ plaintextLength }) => plaintextLength > maxBlockBytes)) {
      throw new DuplifsError('DAMAGED', `The index of "${this.#file.name}" has absurd blocks`);
    }
    const offset = start.fileOffset;
    const length = end.fileOffset + end.fileLength - offset;
    const range = await this.#range({ offset, length }, signal);
    if (this.#table.container === 'gpg') {
      const { message, blocks } = await this.#messageOf(this.#table, signal);
      return decodeBlocks(message, blocks.slice(first, first + count), range);
    }
    const table = this.#table;
    const points = this.#pointsOf(first, count);
    return Promise.all(
      blocks.map(async (block, index) => {
        const from = block.fileOffset - offset;
        const bytes = range.subarray(from, from + block.fileLength);
        if (table.container !== 'continuous-gpg' && table.container !== 'continuous-gz') {
          return this.#checked(block, await this.#unwrap(block, bytes));
        }
        const sessionKey = table.message && (await this.#sessionKeyOf(table.message, signal));
        const place = { block, point: points[index], sessionKey };
        return this.#checked(block, await decodeContinuous(table, place, bytes));
      }),
    );
  }

  /** After a failure it is looked for again. */
  #sessionKeyOf(
    { encrypted }: MessageLayout,
    signal: AbortSignal | undefined,
  ): Promise<SessionKey> {
    this.#sessionKey ??= this.#findSessionKey(encrypted.dataOffset, signal).catch(
      (error: unknown) => {
        this.#sessionKey = undefined;
        throw error;
      },
    );
    return this.#sessionKey;
  }

  /** The opened message; after a failure it is tried again. */
  #messageOf(table: GpgBlockTable, signal: AbortSignal | undefined): Promise<OpenMessage> {
    this.#message ??= this.#openHeader(table, signal).catch((error: unknown) => {
      this.#message = undefined;
      throw error;
    });
    return this.#message;
  }

  async #unwrap(block: Block, bytes: Buffer): Promise<Buffer> {
    return this.#table.container === 'gz' ? this.#inflate(block, bytes) : bytes;
  }

  #checked(block: Block, plaintext: Buffer | undefined): Buffer {
    if (plaintext === undefined) throw this.#damaged(block);
    const digest = createHash('sha256').update(plaintext).digest();
    if (
      plaintext.length !== block.plaintextLength ||
      !digest.subarray(0, block.digest.length).equals(block.digest)
    ) {
      throw this.#damaged(block);
    }
    return plaintext;
  }

  async #inflate(block: Block, bytes: Buffer): Promise<Buffer> {
    try {
      return await inflateInPool(bytes, {
        finishFlush: constants.Z_SYNC_FLUSH, // all but the last block end with a flush
        chunkSize: Math.max(1024, block.plaintextLength),
        maxOutputLength: block.plaintextLength,
      });
    } catch {
      throw this.#damaged(block);
    }
  }

  async #openHeader(table: GpgBlockTable, signal: AbortSignal | undefined): Promise<OpenMessage> {
    return this.#open(table, await this.#findSessionKey(layoutOf(table).dataOffset, signal));
  }

  /** Opens the packets before the encrypted one, which begins at `dataOffset`. */
  async #findSessionKey(dataOffset: number, signal: AbortSignal | undefined): Promise<SessionKey> {
    const { name } = this.#file;
    const { blocks } = this.#table;
    const last = blockAt(blocks, countBlocks(blocks) - 1);
    const fileEnd = last.fileOffset + last.fileLength;
    const length = Math.min(headerBytes, dataOffset + startBytes, fileEnd);
    const bytes = await this.#range({ offset: 0, length }, signal);
    const header = headerOf(bytes);
    if (header === undefined) throw new DuplifsError('DAMAGED', `"${name}" has no OpenPGP header`);
    return this.#keyring.sessionKey(header, name, signal);
  }

  #open(table: GpgBlockTable, sessionKey: SessionKey): OpenMessage {
    const message = { fileName: this.#file.name, layout: layoutOf(table), sessionKey };
    return { message, blocks: withSkips(message.layout, unpackBlocks(table.blocks)) };
  }

  async #range(range: ByteRange, signal: AbortSignal | undefined): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#storage.read(this.#file.name, range, signal)) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  #damaged(block: Block): DuplifsError {
    return new DuplifsError(
      'DAMAGED',
      `"${this.#file.name}" is damaged: its block at ${block.plaintextOffset} is not what its index says`,
    );
  }
}

function layoutOf({ layout }: GpgBlockTable): GpgLayout {
  if (layout === undefined) throw new TypeError('A table with blocks has a layout');
  return layout;
}

function headerOf(bytes: Buffer): MessageHeader | undefined {
  try {
    return parseMessageHeader(bytes, true);
  } catch {
    return undefined;
  }
}
