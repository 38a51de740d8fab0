import { DuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { OpenPgpEvent } from '../events.js';
import { decryptAead } from './aead-data.js';
import type { SessionKey } from './algorithms.js';
import { dearmored } from './armor.js';
import { ByteReader } from './byte-reader.js';
import { decryptByGpg, needsGpg } from '../gpg/gpg-stream.js';
import type { Keyring } from '../keys/keyring.js';
import { messageContent } from './message-content.js';
import type { ContentSeeking, LiteralInfo } from './message-content.js';
import { MessageError, namedError } from './message-error.js';
import { maxHeaderSize, parseMessageHeader } from './message-header.js';
import type { MessageHeader } from './message-header.js';
import { SignatureCollector } from './message-signatures.js';
import type { Signer } from './message-signatures.js';
import { nextPacket } from './packet-reader.js';
import type { Packet } from './packet-reader.js';
import { decryptSeipd1, decryptUnprotected } from './seipd1.js';
import type { MdcResult } from './seipd1.js';

export interface DecryptOptions {
  /** For errors. */
  readonly fileName: string;
  readonly keyring: Keyring;
  /** The session key, when it is known already: nothing else is tried then. */
  readonly sessionKey?: SessionKey;
  /** The message must carry a good signature by this key (an id or fingerprint). */
  readonly signKey?: string | undefined;
  /** Accept a message whose integrity code is missing or does not fit; a warning is reported. */
  readonly ignoreMdcError?: boolean | undefined;
  readonly report?: Report<OpenPgpEvent> | undefined;
  /** A message with more plaintext is refused. */
  readonly maxPlaintextBytes?: number;
  /** Wants to know where things lie in the message. */
  readonly seeking?: MessageSeeking | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the encrypted packet lies. */
export type EncryptedPlace = Pick<Packet, 'offset' | 'parts'>;

/** For who wants to read parts of the message later; what it is told is known for certain once all was read. */
export interface MessageSeeking extends ContentSeeking {
  /** Told of a packet whose content can be decrypted from any place. */
  encrypted(place: EncryptedPlace): void;
}

export interface DecryptedMessage {
  readonly header: MessageHeader;
  readonly sessionKey: SessionKey;
  /**
   * The data, in pieces of any size. **None of it is verified before the iteration has ended without an
   * error.** It can be iterated once; leaving it early closes the source.
   */
  readonly plaintext: AsyncIterable<Buffer>;
  /** Resolves when all of it was read and verified; rejects with the error that `plaintext` throws. */
  readonly done: Promise<DecryptResult>;
}

export interface DecryptResult extends LiteralInfo {
  readonly plaintextBytes: number;
  /** 'none' only with `ignoreMdcError`. */
  readonly integrity: 'mdc' | 'aead' | 'none';
  /** Set when `signKey` was given. */
  readonly signer: Signer | undefined;
  /** The ids of the keys that the message says it is signed by: not verified, 16 hexadecimal digits in upper case. */
  readonly signedBy: readonly string[];
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

const firstPeekBytes = 8 * 1024;

/**
 * Opens an encrypted OpenPGP message, binary or armored. Resolves when its session key was found; the data
 * is then decrypted while it is read, in memory that does not grow with the message.
 *
 * Errors are DuplifsErrors that name the file: DAMAGED, KEY, SIGNATURE. Errors of the source pass through.
 */
export async function decryptMessage(
  source: AsyncIterable<Uint8Array>,
  options: DecryptOptions,
): Promise<DecryptedMessage> {
  const reader = new ByteReader(dearmored(source));
  try {
    const header = await readHeader(reader);
    const sessionKey =
      options.sessionKey ??
      (await options.keyring.sessionKey(header, options.fileName, options.signal));
    reader.skip(header.data.offset);
    const result = deferred<DecryptResult>();
    // Whoever only iterates learns of an error there.
    result.promise.catch(() => undefined);
    const plaintext = decrypting(reader, { header, sessionKey }, options, result);
    return { header, sessionKey, plaintext, done: result.promise };
  } catch (error) {
    await reader.close();
    throw namedError(error, options.fileName);
  }
}

async function readHeader(reader: ByteReader): Promise<MessageHeader> {
  for (let want = firstPeekBytes; ; want *= 2) {
    const bytes = await reader.peek(want);
    const header = parseMessageHeader(bytes, bytes.length < want);
    if (header) return header;
    if (want > maxHeaderSize) throw new MessageError('its header is too large');
  }
}

/** A message whose session key was found. */
type OpenMessage = Pick<DecryptedMessage, 'header' | 'sessionKey'>;

async function* decrypting(
  reader: ByteReader,
  message: OpenMessage,
  options: DecryptOptions,
  result: Deferred<DecryptResult>,
): AsyncGenerator<Buffer, void, void> {
  const { fileName, signal, maxPlaintextBytes = Number.MAX_SAFE_INTEGER } = options;
  let plaintextBytes = 0;
  let finished = false;
  try {
    const packet = await nextPacket(reader);
    if (!packet) throw new MessageError('it ends too early');
    const mdc: MdcResult = {};
    const collector = options.signKey === undefined ? undefined : new SignatureCollector();
    const found: FoundInside = { signedBy: [] };
    const inside = decryptedPackets(packet, message, options, mdc);
    if (isSeekable(message)) options.seeking?.encrypted(packet);
    const { seeking } = options;
    for await (const piece of literalData(inside, { collector, found, seeking })) {
      signal?.throwIfAborted();
      plaintextBytes += piece.length;
      if (plaintextBytes > maxPlaintextBytes) {
        throw new MessageError(`it holds more than the ${maxPlaintextBytes} bytes that it may`);
      }
      yield piece;
    }
    if ((await reader.drain()) > 0) throw new MessageError('something follows after its end');
    const { info, signedBy } = found;
    if (!info) throw new MessageError('it holds no data');
    const { problem } = mdc;
    if (problem !== undefined) {
      options.report?.({ level: 'warning', code: 'message-unprotected', fileName, problem });
    }
    const { signKey = '', keyring } = options;
    const signer = await collector?.verify(keyring, signKey, fileName, signal);
    finished = true;
    const integrity = integrityOf(message.header, mdc);
    result.resolve({ ...info, plaintextBytes, integrity, signer, signedBy });
  } catch (error) {
    finished = true;
    const named = namedError(error, fileName);
    result.reject(named);
    throw named;
  } finally {
    if (!finished) {
      result.reject(
        new DuplifsError('ABORTED', `Reading "${fileName}" was given up before its end`),
      );
    }
    await reader.close();
  }
}

/** What is told of a message while its data go by. */
interface FoundInside {
  info?: LiteralInfo;
  readonly signedBy: string[];
}

/** Of a one-pass signature packet (RFC 9580 section 5.4): version 6 has a salt and the whole fingerprint. */
function signerIdOf(body: Buffer): string {
  const at = body[0] === 6 ? 5 + (body[4] ?? 0) : 4;
  return body
    .subarray(at, at + 8)
    .toString('hex')
    .toUpperCase();
}

/** The data of the message inside, of which the collector gets what it needs to verify signatures. */
function literalData(
  inside: AsyncIterable<Buffer>,
  { collector, found, seeking }: LiteralReading,
): AsyncGenerator<Buffer, void, void> {
  const visitor = {
    onePassSignature: (body: Buffer) => {
      found.signedBy.push(signerIdOf(body));
      collector?.onePassSignature(body);
    },
    signature: (body: Buffer) => collector?.signature(body),
    literal: (literal: LiteralInfo) => {
      found.info = literal;
      collector?.literal();
    },
    data: (piece: Buffer) => collector?.data(piece),
  };
  return messageContent(inside, visitor, seeking);
}

interface LiteralReading {
  readonly collector: SignatureCollector | undefined;
  readonly found: FoundInside;
  readonly seeking: ContentSeeking | undefined;
}

/** Whether its content can be decrypted from any place, by what decryptContent knows. */
function isSeekable({ header, sessionKey }: OpenMessage): boolean {
  return header.data.kind === 'seipd1' && sessionKey.algorithm.startsWith('aes');
}

function integrityOf(header: MessageHeader, mdc: MdcResult): DecryptResult['integrity'] {
  if (header.data.kind === 'unprotected' || mdc.problem !== undefined) return 'none';
  return header.data.kind === 'seipd1' ? 'mdc' : 'aead';
}

function decryptedPackets(
  packet: Packet,
  { header, sessionKey }: OpenMessage,
  { fileName, ignoreMdcError = false, keyring, report, signal }: DecryptOptions,
  mdc: MdcResult,
): AsyncGenerator<Buffer, void, void> {
  switch (header.data.kind) {
    case 'seipd1':
      if (needsGpg(sessionKey)) {
        const { gpg } = keyring;
        const ignore = (): void => {
          mdc.problem = 'mismatch';
        };
        const onMismatch = ignoreMdcError ? ignore : undefined;
        const stream = { gpg, sessionKey, onMismatch, report, signal };
        return decryptByGpg(packet.body, stream);
      }
      return decryptSeipd1(packet.body, sessionKey, ignoreMdcError, mdc);
    case 'seipd2':
    case 'gnupg-aead':
      return decryptAead(header.data.kind, packet.body, sessionKey);
    case 'unprotected':
      if (!ignoreMdcError) {
        throw new DuplifsError(
          'DAMAGED',
          `"${fileName}" has no integrity protection (MDC), so that changes to it cannot be noticed`,
          { hint: 'If you trust the storage, read it with --ignore-mdc-error' },
        );
      }
      mdc.problem = 'none';
      return decryptUnprotected(packet.body, sessionKey);
  }
}
