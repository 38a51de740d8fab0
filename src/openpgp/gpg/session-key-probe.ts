/**
 * Whether a session key fits a message, told from the message's first bytes. With an SKESK packet
 * that holds no encrypted session key every passphrase yields a key. The repeated octets of the CFB
 * prefix let one wrong key in 65,536 pass; the first packet inside, and what its compressed data begins
 * with, settle it.
 */
import { constants, inflateRawSync, inflateSync } from 'node:zlib';

import { isDuplifsError } from '../../base/index.js';
import { aeadDecipher } from '../packets/aead-modes.js';
import { aeadPlan } from '../packets/aead-data.js';
import { cipherByName } from '../packets/algorithms.js';
import type { SessionKey } from '../packets/algorithms.js';
import { decryptCfbBytes } from '../packets/cfb.js';
import { UnsupportedError } from '../packets/message-error.js';
import type { MessageHeader } from '../packets/message-header.js';
import { bodyPrefix, parsePacketHeader, tags } from '../packets/packet-header.js';

import type { GpgProgram } from './gpg.js';
import { needsGpg, startByGpg } from './gpg-stream.js';

const sampleBytes = 1024;

/** False when the key is certainly wrong (or the first bytes are damaged). `gpg` is for ciphers that OpenSSL lacks. */
export async function sessionKeyFits(
  { data }: MessageHeader,
  sessionKey: SessionKey,
  gpg?: GpgProgram,
): Promise<boolean> {
  const header = parsePacketHeader(data.start);
  if (!header) return false;
  const body = bodyPrefix(data.start, header);
  try {
    switch (data.kind) {
      case 'seipd1':
        if (needsGpg(sessionKey)) {
          const start = body.subarray(0, sampleBytes);
          return beginsMessage(await startByGpg(start, { gpg, sessionKey }));
        }
        return await fitsCfb(body.subarray(1, sampleBytes), sessionKey, false);
      case 'unprotected':
        return await fitsCfb(body.subarray(0, sampleBytes), sessionKey, true);
      case 'seipd2':
      case 'gnupg-aead':
        return fitsAead(data.kind, body, sessionKey);
    }
  } catch (error) {
    if (error instanceof UnsupportedError || isDuplifsError(error)) throw error;
    return false;
  }
}

async function fitsCfb(body: Buffer, sessionKey: SessionKey, resync: boolean): Promise<boolean> {
  const { blockBytes } = cipherByName(sessionKey.algorithm);
  const prefixBytes = blockBytes + 2;
  if (body.length < prefixBytes) return true;
  const plain = await decryptCfbBytes(body, sessionKey, Buffer.alloc(blockBytes));
  const repeats = plain.readUInt16BE(blockBytes - 2) === plain.readUInt16BE(blockBytes);
  if (!repeats) return false;
  if (!resync) return beginsMessage(plain.subarray(prefixBytes));
  const iv = body.subarray(2, prefixBytes);
  return beginsMessage(await decryptCfbBytes(body.subarray(prefixBytes), sessionKey, iv));
}

function fitsAead(kind: 'seipd2' | 'gnupg-aead', body: Buffer, sessionKey: SessionKey): boolean {
  const plan = aeadPlan(kind, body, sessionKey);
  const decipher = aeadDecipher(plan, plan.nonce(0), plan.associated(0));
  const end = Math.min(plan.headBytes + plan.chunkBytes, sampleBytes);
  return beginsMessage(decipher.update(body.subarray(plan.headBytes, end)));
}

const inner = new Set<number>([
  tags.compressed,
  tags.onePassSignature,
  tags.signature,
  tags.literal,
  tags.marker,
  tags.padding,
]);

/** Whether decrypted bytes begin as a message does: what is too short to tell passes. */
function beginsMessage(plain: Buffer): boolean {
  const header = parsePacketHeader(plain);
  if (!header) return true;
  if (!inner.has(header.tag)) return false;
  const body = bodyPrefix(plain, header);
  const [first] = body;
  if (first === undefined) return true;
  switch (header.tag) {
    case tags.literal:
      return 'btul1m'.includes(String.fromCharCode(first));
    case tags.onePassSignature:
      return beginsOnePassSignature(body);
    case tags.signature:
      return body.length < 4 || (first <= maxSignatureVersion && beginsSignature(body));
    case tags.marker:
      return body.toString('latin1', 0, 3) === 'PGP'.slice(0, body.length);
    case tags.padding:
      return true;
  }
  return first === 0 ? beginsMessage(body.subarray(1)) : beginsCompressed(first, body.subarray(1));
}

/** RFC 9580, 5.2.3. */
const maxSignatureVersion = 6;
/** RFC 9580, 9.1 and 9.5: the highest numbers there are, with room for some more. */
const maxKeyAlgorithm = 40;
const maxHashAlgorithm = 20;
/** Of documents: binary, or text. */
const maxDocumentType = 1;

/** Version 3 or 6, then the type of signature, the hash and the algorithm of the key (RFC 9580, 5.4). */
function beginsOnePassSignature(body: Buffer): boolean {
  const [version = 0, type = 0, hash = 1, algorithm = 1] = body;
  if (version !== 3 && version !== 6) return false;
  return areSignatureNumbers(type, algorithm, hash);
}

/** Version 3 has a length before the type, later ones begin with it (RFC 9580, 5.2.2 and 5.2.3). */
function beginsSignature(body: Buffer): boolean {
  const [version = 0, type = 0, algorithm = 1, hash = 1] = body;
  if (version === 3) return type === 5;
  return version >= 4 && areSignatureNumbers(type, algorithm, hash);
}

function areSignatureNumbers(type: number, algorithm: number, hash: number): boolean {
  const isKnown = (number: number, most: number): boolean => number >= 1 && number <= most;
  return (
    type <= maxDocumentType &&
    isKnown(algorithm, maxKeyAlgorithm) &&
    isKnown(hash, maxHashAlgorithm)
  );
}

function beginsCompressed(algorithm: number, data: Buffer): boolean {
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  switch (algorithm) {
    case 1:
      return beginsMessage(inflateRawSync(data, options));
    case 2:
      return beginsMessage(inflateSync(data, options));
    case 3:
      return 'BZh'.startsWith(data.toString('latin1', 0, 3));
    default:
      return false;
  }
}
