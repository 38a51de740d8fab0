/**
 * Checking who signed a message (RFC 9580 sections 5.2, 5.4; docs/format/1-bytes.md 7.4). node:crypto hashes
 * the data as it streams by; openpgp.js checks the digest, the signature and the key.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Config, Key, SignaturePacket, Subkey } from 'openpgp';

import { DuplifsError, errorText } from '../../base/index.js';
import { hashById } from './algorithms.js';
import type { Keyring } from '../keys/keyring.js';
import { openpgp } from '../keys/library.js';
import { MessageError } from './message-error.js';
import type { ContentVisitor } from './message-content.js';
import { fingerprintMatches, fingerprintOf, normalKeyId } from '../keys/public-keys.js';

/** The key that made a good signature. */
export interface Signer {
  /** The primary key's fingerprint, and that of the key that signed: itself or a subkey. */
  readonly primaryFingerprint: string;
  readonly fingerprint: string;
  readonly signedSeconds: number;
}

const maxSignatures = 16;

/** Collects what the signatures of one message need while its data streams by. */
export class SignatureCollector implements ContentVisitor {
  readonly #contexts = new Map<string, Hash>();
  readonly #signatures: Buffer[] = [];
  #dataSeen = false;

  onePassSignature(body: Buffer): void {
    const salt = body[0] === 6 ? body.subarray(5, 5 + (body[4] ?? 0)) : Buffer.alloc(0);
    this.#expect(body[2] ?? 0, salt);
  }

  signature(body: Buffer): void {
    if (this.#signatures.length === maxSignatures)
      throw new MessageError('it has too many signatures');
    this.#signatures.push(body);
    // In the old order the signature comes first.
    if (!this.#dataSeen) this.#expect(body[3] ?? 0, Buffer.alloc(0));
  }

  literal(): void {
    this.#dataSeen = true;
  }

  data(piece: Buffer): void {
    for (const context of this.#contexts.values()) context.update(piece);
  }

  /**
   * The good signature by the key `wanted` (an id or fingerprint; a signing subkey of that primary key
   * counts). A DuplifsError (SIGNATURE) that names the file when there is none.
   */
  async verify(
    keyring: Keyring,
    wanted: string,
    fileName: string,
    signal?: AbortSignal,
  ): Promise<Signer> {
    const keys = await keyring.publicKeys(wanted, signal);
    const reasons: string[] = [];
    for (const body of this.#signatures) {
      const packet = parseSignature(body);
      if (!packet) {
        reasons.push('it has a signature of an unknown kind');
        continue;
      }
      const signerId = packet.issuerKeyID.toHex().toUpperCase();
      const found = findSigner(keys, packet, normalKeyId(wanted));
      if (!found) {
        reasons.push(`it was signed by key ${signerId}`);
        continue;
      }
      try {
        await this.#verifyOne(body, packet, found, keyring.openpgpConfig);
        return {
          primaryFingerprint: fingerprintOf(found.primary),
          fingerprint: fingerprintOf(found.signer),
          signedSeconds: Math.floor((packet.created?.getTime() ?? 0) / 1000),
        };
      } catch (error) {
        reasons.push(`its signature by key ${signerId} is bad (${errorText(error)})`);
      }
    }
    const reason = reasons.length > 0 ? reasons.join('; ') : 'it is not signed';
    throw new DuplifsError(
      'SIGNATURE',
      `"${fileName}" has no good signature by key ${wanted}: ${reason}`,
      {
        hint: 'Someone else may have written this file; if it was you, name the key that signed it',
      },
    );
  }

  #expect(hashId: number, salt: Buffer): void {
    const name = hashById(hashId);
    const id = `${hashId}:${salt.toString('hex')}`;
    if (this.#contexts.size === maxSignatures) throw new MessageError('it has too many signatures');
    if (!this.#contexts.has(id)) this.#contexts.set(id, createHash(name).update(salt));
  }

  async #verifyOne(
    body: Buffer,
    packet: SignaturePacket,
    { primary, signer }: Found,
    config: Config,
  ): Promise<void> {
    const { binary } = openpgp().enums.signature;
    if (packet.signatureType !== binary) throw new Error('not of binary data');
    await requireValidKey(primary, packet, config);
    const hashing = packet as SignaturePacket & { hashed?: Promise<Uint8Array>; salt?: Uint8Array };
    const salt = Buffer.from(hashing.salt ?? []);
    const context = this.#contexts.get(`${packet.hashAlgorithm ?? 0}:${salt.toString('hex')}`);
    if (!context) throw new Error('not announced before the data');
    const digest = context.copy().update(trailer(body, packet)).digest();
    // openpgp.js takes the digest from here instead of hashing the data itself.
    hashing.hashed = Promise.resolve(digest);
    const nothing = new Uint8Array();
    const date = packet.created ?? new Date();
    await packet.verify(signer.keyPacket, binary, nothing, date, false, config);
  }
}

interface Found {
  readonly primary: Key;
  readonly signer: Key | Subkey;
}

function parseSignature(body: Buffer): SignaturePacket | undefined {
  try {
    const packet = new (openpgp().SignaturePacket)();
    (packet as unknown as { read(bytes: Uint8Array): void }).read(body);
    return packet;
  } catch {
    return undefined;
  }
}

function findSigner(
  keys: readonly Key[],
  packet: SignaturePacket,
  normalId: string,
): Found | undefined {
  for (const primary of keys) {
    for (const signer of primary.getKeys(packet.issuerKeyID)) {
      const fingerprints = [fingerprintOf(primary), fingerprintOf(signer)];
      if (fingerprints.some((one) => fingerprintMatches(one, normalId))) return { primary, signer };
    }
  }
  return undefined;
}

/**
 * The key must have been allowed to sign when it did; one that has expired since is good. A key whose
 * expiry was prolonged later carries only the newer self-signature: then it must be valid now.
 */
async function requireValidKey(
  primary: Key,
  packet: SignaturePacket,
  config: Config,
): Promise<void> {
  try {
    await primary.getSigningKey(packet.issuerKeyID, packet.created, undefined, config);
  } catch (error) {
    await primary
      .getSigningKey(packet.issuerKeyID, new Date(), undefined, config)
      .catch(() => Promise.reject(error instanceof Error ? error : new Error(errorText(error))));
  }
}

/** What is hashed after the data (RFC 9580 section 5.2.4). */
function trailer(body: Buffer, packet: SignaturePacket): Buffer {
  const hashed = packet.signatureData ?? body;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(hashed.length);
  return Buffer.concat([hashed, Buffer.of(packet.version, 0xff), length]);
}
