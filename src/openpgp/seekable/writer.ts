import { createCipheriv, createHash, randomBytes } from 'node:crypto';

import { deflateBlock } from '../../deflate/index.js';
import { noteShortLived } from '../../threads/index.js';
import { cipherByName } from '../packets/algorithms.js';
import type { SessionKey } from '../packets/algorithms.js';
import { nodeCipher } from '../packets/cfb.js';
import { defaultFormat } from '../packets/message-format.js';
import type { MessageFormat } from '../packets/message-format.js';
import { encodeDefiniteLength } from '../packets/packet-header.js';
import {
  blockBytes,
  blockPower,
  cfbBlock,
  fileOffsetOf,
  firstBlockBytes,
  literalHeaderBytes,
} from './layout.js';
import type { SeekableBlock, SeekableLayout } from './layout.js';
import { digestBytes } from './reader.js';
import { passphrasePacket, recipientPacket } from '../packets/session-key-packets.js';
import type { Passphrase } from '../packets/passphrase.js';
import type { EncryptionKey } from '../packets/session-key-packets.js';

/** The size of the parts that the encrypted body is written in. */
const partPower = 18;
const partBytes = 2 ** partPower;
/** Blocks that are deflated at the same time or wait for those before them. */
const maxBlocksInWork = 16;
/** Room before a block's data for what stands before them in the message: packet headers, a one-pass signature. */
const headRoom = 64;

/** A session key, and the packets that hold it for who can open it. Nothing but data: it can be sent to a thread. */
export interface MessageSession {
  readonly sessionKey: SessionKey;
  readonly packets: Uint8Array;
  /** How passphrases become keys. */
  readonly s2k: MessageFormat['s2k'];
}

/** Makes a session key for the keys. A DuplifsError (KEY) when one cannot be encrypted to. */
export async function messageSession(
  encryptTo: readonly EncryptionKey[],
  { cipher, s2k }: MessageFormat = defaultFormat,
): Promise<MessageSession> {
  const { name, keyBytes } = cipherByName(cipher);
  const sessionKey: SessionKey = { algorithm: name, key: randomBytes(keyBytes) };
  const packets: Buffer[] = [];
  for (const key of encryptTo) packets.push(await recipientPacket(key, sessionKey));
  return { sessionKey, packets: Buffer.concat(packets), s2k };
}

/** The session with packets for passphrases too: some 50 ms of the event loop for each. */
export async function withPassphrases(
  { sessionKey, packets, s2k }: MessageSession,
  passphrases: readonly Passphrase[],
): Promise<MessageSession> {
  const all = [packets];
  for (const one of passphrases) all.push(await passphrasePacket(one, sessionKey, s2k));
  return { sessionKey, packets: Buffer.concat(all), s2k };
}

export interface SeekableWriterOptions {
  readonly session: MessageSession;
  /** Of a message that `finish` will get a signature for: the packet that announces it. */
  readonly onePass?: Uint8Array | undefined;
  /** 1 to 9; 0 for no compression: the message has no compressed packet then. */
  readonly level?: number;
  /** Whether a block is rather deflated at once than in libuv's pool, when nobody waits for the writer. */
  readonly isIdle?: (() => boolean) | undefined;
  /** Takes the file, piece by piece, one after the other. A piece is used again once the next one was taken. */
  readonly sink: (piece: Buffer) => Promise<void>;
}

/** What an index keeps of a file, so that its blocks can be decoded one by one. */
export interface SeekableResult {
  readonly layout: SeekableLayout;
  readonly sessionKey: SessionKey;
  readonly blocks: readonly SeekableBlock[];
  readonly fileBytes: number;
  readonly plaintextBytes: number;
}

/** Where a block lies in the body, before the body's length is known. */
interface PlacedBlock {
  readonly plaintextOffset: number;
  readonly plaintextLength: number;
  readonly bodyOffset: number;
  readonly bodyLength: number;
  readonly digest: Buffer;
}

/**
 * Writes a seekable message (layout.ts). Call `write` with the plaintext, one call after the other, then
 * `finish`. Blocks are deflated in libuv's pool, some at a time; memory is bounded by their number. Where more
 * time is lost by waking the pool than there is to gain, they are deflated one by one.
 * Errors of the sink come out of the next `write` or of `finish`, and are final.
 */
export class SeekableMessageWriter {
  readonly #options: SeekableWriterOptions;
  readonly #compression: 'zip' | 'none';
  readonly #level: number;
  readonly #sessionKey: SessionKey;
  readonly #body: BodyWriter;
  readonly #blocks: PlacedBlock[] = [];
  /** The block in the making; its data begin after `headRoom`. */
  #pending: Buffer = freshBlock();
  #pendingBytes = 0;
  /** Blocks whose data are in the body, to be filled again. */
  readonly #spare: Buffer[] = [];
  #plaintextBytes = 0;
  /** The plaintext of the blocks that are in the body. */
  #packedPlaintextBytes = 0;
  /** All blocks that were handed over so far; each is put after the one before it. */
  #chain: Promise<void> = Promise.resolve();
  readonly #inWork: Promise<void>[] = [];

  constructor(options: SeekableWriterOptions) {
    this.#options = options;
    const { packets, sessionKey } = options.session;
    if (packets.length === 0) throw new TypeError('Nobody to encrypt to');
    // a key that came from another thread is no Buffer any more
    this.#sessionKey = { ...sessionKey, key: Buffer.from(sessionKey.key) };
    this.#level = options.level ?? 6;
    this.#compression = this.#level === 0 ? 'none' : 'zip';
    this.#body = new BodyWriter(this.#sessionKey, Buffer.from(packets), options.sink);
    // A compressed packet, ZIP, of indeterminate length.
    if (this.#compression === 'zip') this.#chain = this.#body.put(Buffer.of(0xa3, 1));
  }

  /** The octets of the file so far, without those of the blocks that are still in work. */
  get fileBytes(): number {
    return this.#body.headBytes + this.#body.bytes;
  }

  /** The plaintext that is not in `fileBytes` yet. */
  get unpackedBytes(): number {
    return this.#plaintextBytes + this.#pendingBytes - this.#packedPlaintextBytes;
  }

  /** Waits until all blocks in work are in `fileBytes`. */
  async settle(): Promise<void> {
    await this.#chain;
    this.#inWork.length = 0;
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      const room = this.#blockLength - this.#pendingBytes;
      // A full block waits until it is known not to be the last.
      if (room === 0) await this.#handOver(false);
      const piece = data.subarray(at, at + (room === 0 ? this.#blockLength : room));
      this.#pending.set(piece, headRoom + this.#pendingBytes);
      this.#pendingBytes += piece.length;
      at += piece.length;
    }
  }

  /**
   * Writes what is left, and the signature packet where one was announced; resolves when the sink has taken
   * everything.
   */
  async finish(signature?: Uint8Array): Promise<SeekableResult> {
    await this.#handOver(true, signature);
    await this.#chain;
    const bodyBytes = await this.#body.finish();
    const dataOffset = this.#body.headBytes;
    const layout = { dataOffset, partBytes, bodyBytes, compression: this.#compression };
    return {
      layout,
      sessionKey: this.#sessionKey,
      blocks: this.#blocks.map((block) => placed(layout, block)),
      fileBytes: this.#body.fileBytes,
      plaintextBytes: this.#plaintextBytes,
    };
  }

  get #blockLength(): number {
    return this.#plaintextBytes === 0 ? firstBlockBytes : blockBytes;
  }

  async #handOver(last: boolean, signature?: Uint8Array): Promise<void> {
    const block = this.#pending;
    const data = block.subarray(headRoom, headRoom + this.#pendingBytes);
    if (!last) this.#pending = this.#spare.pop() ?? freshBlock();
    const first = this.#plaintextBytes === 0;
    const plaintextOffset = this.#plaintextBytes;
    this.#pendingBytes = 0;
    this.#plaintextBytes += data.length;
    const head = blockHead(data.length, first, last, this.#options.onePass);
    const headAt = headRoom - head.length;
    head.copy(block, headAt);
    const framed = block.subarray(headAt, headRoom + data.length);
    const message = signature === undefined ? framed : Buffer.concat([framed, signature]);
    const packed = this.#pack(message, last);
    const isPacked = Buffer.isBuffer(packed);
    if (!isPacked) packed.catch(() => undefined); // its error is that of the chain
    const digest = createHash('sha256').update(data).digest().subarray(0, digestBytes);
    const put = async (bytes: Buffer): Promise<void> => {
      const bodyOffset = this.#body.bytes;
      const bodyLength = bytes.length;
      const plaintextLength = data.length;
      this.#blocks.push({ plaintextOffset, plaintextLength, bodyOffset, bodyLength, digest });
      this.#packedPlaintextBytes += plaintextLength;
      await this.#body.put(bytes);
      noteShortLived(2 * bytes.length); // it, and what it was encrypted to
      this.#spare.push(block);
    };
    this.#chain = this.#chain.then(async () => put(await packed));
    this.#chain.catch(() => undefined);
    this.#inWork.push(this.#chain);
    if (isPacked || this.#inWork.length >= maxBlocksInWork) await this.#inWork.shift();
  }

  #pack(framed: Buffer, last: boolean): Buffer | Promise<Buffer> {
    const level = this.#level;
    if (level === 0) return framed;
    return deflateBlock(framed, level, last, this.#options.isIdle?.());
  }
}

function freshBlock(): Buffer {
  return Buffer.allocUnsafeSlow(headRoom + blockBytes);
}

/** What comes before the data of a block. */
function blockHead(
  dataBytes: number,
  first: boolean,
  last: boolean,
  onePass: Uint8Array | undefined,
): Buffer {
  const part = dataBytes + (first ? literalHeaderBytes : 0);
  const length = last ? encodeDefiniteLength(part) : Buffer.of(0xe0 | blockPower);
  if (!first) return length;
  const literal = Buffer.alloc(literalHeaderBytes);
  literal.write('b', 'latin1');
  literal.writeUInt32BE(Math.floor(Date.now() / 1000), 2);
  return Buffer.concat([onePass ?? Buffer.alloc(0), Buffer.of(0xcb), length, literal]);
}

function placed(layout: SeekableLayout, block: PlacedBlock): SeekableBlock {
  const { plaintextOffset, plaintextLength, bodyOffset, bodyLength, digest } = block;
  // The CFB stream begins after the version octet.
  const skip = (bodyOffset - 1) % cfbBlock;
  const fileOffset = fileOffsetOf(layout, bodyOffset - skip - cfbBlock);
  const fileEnd = fileOffsetOf(layout, bodyOffset + bodyLength - 1) + 1;
  const fileLength = fileEnd - fileOffset;
  return { plaintextOffset, plaintextLength, fileOffset, fileLength, skip, digest };
}

/** The encrypted body: CFB, the MDC, and the framing in parts. */
class BodyWriter {
  /** The octets of the body so far, the version octet included. */
  bytes = 0;
  /** The octets that went to the sink. */
  fileBytes = 0;
  readonly headBytes: number;
  readonly #head: Buffer;
  readonly #sink: (piece: Buffer) => Promise<void>;
  readonly #cipher;
  readonly #mdc = createHash('sha1');
  /** The part in the making, behind its length, and the one that the sink may still hold. */
  #part = freshPart();
  #otherPart = freshPart();
  #partFilled = 0;
  #started = false;

  constructor(
    { algorithm, key }: SessionKey,
    head: Buffer,
    sink: (piece: Buffer) => Promise<void>,
  ) {
    this.#head = head;
    this.#sink = sink;
    this.headBytes = head.length;
    this.#cipher = createCipheriv(nodeCipher(algorithm, 'cfb'), key, Buffer.alloc(cfbBlock));
    // Both fit into the first part: nothing is sent yet.
    this.#fill(Buffer.of(1));
    const prefix = randomBytes(cfbBlock);
    this.#fill(this.#encrypt(Buffer.concat([prefix, prefix.subarray(-2)])));
  }

  async put(plain: Buffer): Promise<void> {
    const bytes = this.#encrypt(plain);
    for (let at = 0; at < bytes.length;) {
      at += this.#fill(bytes.subarray(at));
      if (this.#partFilled < partBytes) return;
      await this.#send(this.#part);
      [this.#part, this.#otherPart] = [this.#otherPart, this.#part];
      this.#partFilled = 0;
    }
  }

  /** Writes the MDC packet and the last part; the octets of the body. */
  async finish(): Promise<number> {
    const header = Buffer.of(0xd3, 0x14);
    const mdc = this.#mdc.copy().update(header).digest();
    await this.put(Buffer.concat([header, mdc]));
    const last = this.#part.subarray(1, 1 + this.#partFilled);
    await this.#send(Buffer.concat([encodeDefiniteLength(last.length), last]));
    return this.bytes;
  }

  #encrypt(plain: Buffer): Buffer {
    this.#mdc.update(plain);
    return this.#cipher.update(plain);
  }

  /** Puts into the part what fits; how much did. */
  #fill(bytes: Buffer): number {
    const count = bytes.copy(this.#part, 1 + this.#partFilled);
    this.#partFilled += count;
    this.bytes += count;
    return count;
  }

  async #send(piece: Buffer): Promise<void> {
    const bytes = this.#started ? piece : Buffer.concat([this.#head, Buffer.of(0xd2), piece]);
    this.#started = true;
    await this.#sink(bytes);
    this.fileBytes += bytes.length;
  }
}

/** Room for a part and its length, which is written there already. */
function freshPart(): Buffer {
  const part = Buffer.allocUnsafeSlow(1 + partBytes);
  part[0] = 0xe0 | partPower;
  return part;
}
