/**
 * Reads a run of neighbouring blocks of a volume by one range of its file, and verifies each against its
 * digest. The numbers of a table's layout mean, by container:
 *
 *     gpg     compression (0 none, 1 ZIP), then dataOffset, partBytes and bodyBytes of SeekableLayout
 *     gz      nothing: a block is raw deflate
 *     plain   nothing: a block is the bytes themselves
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';
import { DuplifsError } from '../../base/index.js';
import { decodeBlocks, parseMessageHeader, withSkips } from '../../openpgp/index.js';
import type {
  Keyring,
  MessageHeader,
  SeekableBlock,
  SeekableLayout,
  SeekableMessage,
  SessionKey,
} from '../../openpgp/index.js';
import type { ByteRange, Storage } from '../../storage/index.js';
import type { EncodedFile } from '../decode.js';
import type { SeekBlock, SeekTable } from './seek-table.js';

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

export class BlockReader {
  readonly #storage: Pick<Storage, 'read'>;
  readonly #keyring: Keyring;
  readonly #file: EncodedFile;
  readonly #table: SeekTable;
  #message: Promise<OpenMessage> | undefined;

  /** `sessionKey` is the one that the index gives; without it the file's own header is opened. */
  constructor(
    storage: Pick<Storage, 'read'>,
    keyring: Keyring,
    file: EncodedFile,
    table: SeekTable,
    sessionKey?: SessionKey,
  ) {
    this.#storage = storage;
    this.#keyring = keyring;
    this.#file = file;
    this.#table = table;
    if (sessionKey !== undefined) {
      this.#message = Promise.resolve(this.#open(sessionKey));
    }
  }

  /** The plaintexts of `count` blocks from `first`. Fails with DAMAGED when one is not what it must be. */
  async read(first: number, count: number, signal?: AbortSignal): Promise<Buffer[]> {
    const blocks = this.#table.blocks(first, count);
    const [start] = blocks;
    const end = blocks.at(-1);
    if (start === undefined || end === undefined) return [];
    if (blocks.some(({ plaintextLength }) => plaintextLength > maxBlockBytes)) {
      throw new DuplifsError('DAMAGED', `The index of "${this.#file.name}" has absurd blocks`);
    }
    const offset = start.fileOffset;
    const length = end.fileOffset + end.fileLength - offset;
    const range = await this.#range({ offset, length }, signal);
    if (this.#file.container === 'gpg') return this.#decrypt(first, count, range, signal);
    return Promise.all(
      blocks.map((block) => {
        const from = block.fileOffset - offset;
        return this.#unwrap(block, range.subarray(from, from + block.fileLength));
      }),
    );
  }

  async #decrypt(
    first: number,
    count: number,
    range: Buffer,
    signal: AbortSignal | undefined,
  ): Promise<Buffer[]> {
    this.#message ??= this.#openHeader(signal).catch((error: unknown) => {
      this.#message = undefined;
      throw error;
    });
    const { message, blocks } = await this.#message;
    return decodeBlocks(message, blocks.slice(first, first + count), range);
  }

  async #unwrap(block: SeekBlock, bytes: Buffer): Promise<Buffer> {
    const plaintext = this.#file.container === 'gz' ? await this.#inflate(block, bytes) : bytes;
    const digest = createHash('sha256').update(plaintext).digest();
    if (
      plaintext.length !== block.plaintextLength ||
      !digest.subarray(0, block.digest.length).equals(block.digest)
    ) {
      throw this.#damaged(block);
    }
    return plaintext;
  }

  async #inflate(block: SeekBlock, bytes: Buffer): Promise<Buffer> {
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

  async #openHeader(signal: AbortSignal | undefined): Promise<OpenMessage> {
    const { name } = this.#file;
    const last = this.#table.block(this.#table.count - 1);
    const fileEnd = last.fileOffset + last.fileLength;
    const length = Math.min(headerBytes, this.#layout().dataOffset + startBytes, fileEnd);
    const bytes = await this.#range({ offset: 0, length }, signal);
    const header = headerOf(bytes);
    if (header === undefined) throw new DuplifsError('DAMAGED', `"${name}" has no OpenPGP header`);
    return this.#open(await this.#keyring.sessionKey(header, name, signal));
  }

  #open(sessionKey: SessionKey): OpenMessage {
    const message = { fileName: this.#file.name, layout: this.#layout(), sessionKey };
    return { message, blocks: withSkips(message.layout, this.#table.blocks()) };
  }

  #layout(): SeekableLayout {
    const [compression, dataOffset = 0, partBytes = 0, bodyBytes = 0] = this.#table.layout;
    return { compression: compression === 1 ? 'zip' : 'none', dataOffset, partBytes, bodyBytes };
  }

  async #range(range: ByteRange, signal: AbortSignal | undefined): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#storage.read(this.#file.name, range, signal)) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  #damaged(block: SeekBlock): DuplifsError {
    return new DuplifsError(
      'DAMAGED',
      `"${this.#file.name}" is damaged: its block at ${block.plaintextOffset} is not what its index says`,
    );
  }
}

function headerOf(bytes: Buffer): MessageHeader | undefined {
  try {
    return parseMessageHeader(bytes, true);
  } catch {
    return undefined;
  }
}
