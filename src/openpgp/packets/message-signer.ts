/** Who signs the messages that we write, and how: the data is hashed while it is written. */
import { createHash } from 'node:crypto';
import type { SecretKeyPacket, SecretSubkeyPacket } from 'openpgp';

import { hashById } from './algorithms.js';
import { openpgp } from '../keys/library.js';
import { encodePacket, tags } from './packet-header.js';

/** A key that signs; it was tried before, so that a passphrase that is wrong is known at once. */
export interface MessageSigner {
  /** The key's fingerprint, for messages. */
  readonly fingerprint: string;
  /** When it cannot sign any more; undefined: never, or not known. In seconds since the epoch. */
  readonly expiresSeconds?: number | undefined;
  /** The one-pass signature packet, which stands before the data (RFC 9580 section 5.4). */
  readonly onePass: Buffer;
  /** Begins the signature of one message. Several may run at once. */
  begin(): SignatureRun;
}

/** The signature of one message; either `finish` or `abort` must be called. */
export interface SignatureRun {
  /** Takes the next piece of the data; resolves when more may come. */
  update(piece: Uint8Array): Promise<void>;
  /** The signature packet. */
  finish(): Promise<Buffer>;
  abort(): void;
}

/** The body of a one-pass signature packet, version 3, that is the last before the data. */
export function onePassPacket(hashId: number, publicKeyId: number, keyId: Uint8Array): Buffer {
  const head = Buffer.of(3, openpgp().enums.signature.binary, hashId, publicKeyId);
  return encodePacket(tags.onePassSignature, Buffer.concat([head, keyId, Buffer.of(1)]));
}

/** What openpgp.js has and its types leave out. */
interface SigningPacket {
  signatureType: number;
  hashAlgorithm: number;
  publicKeyAlgorithm: number;
  readonly signatureData: Uint8Array;
  toHash: () => unknown;
  hash: () => Promise<Uint8Array>;
  sign(
    key: unknown,
    data: unknown,
    date: Date,
    detached: boolean,
    settings: unknown,
  ): Promise<void>;
  write(): Uint8Array;
}

/**
 * Signs with a key of which openpgp.js has the secret part, unlocked. The digest is node:crypto's; the
 * signature itself takes RSA some 25 ms (2048 bits) to 130 ms (4096 bits) of the event loop for each message.
 */
export function keyFileSigner(
  key: SecretKeyPacket | SecretSubkeyPacket,
  digest?: number,
): MessageSigner {
  const { SignaturePacket, config, enums } = openpgp();
  const hashId = digest ?? enums.hash.sha512;
  const id = Buffer.from(key.getKeyID().toHex(), 'hex');
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    onePass: onePassPacket(hashId, key.algorithm, id),
    begin: () => {
      const context = createHash(hashById(hashId));
      return {
        update: (piece) => {
          context.update(piece);
          return Promise.resolve();
        },
        finish: async () => {
          const packet = new SignaturePacket() as unknown as SigningPacket;
          packet.signatureType = enums.signature.binary;
          packet.hashAlgorithm = hashId;
          packet.publicKeyAlgorithm = key.algorithm;
          // With a stream in place of the data openpgp.js signs the digest that it is given.
          packet.toHash = () => new ReadableStream();
          packet.hash = () => {
            const hashed = Buffer.from(packet.signatureData);
            const length = Buffer.alloc(4);
            length.writeUInt32BE(hashed.length);
            context.update(hashed).update(Buffer.of(4, 0xff)).update(length);
            return Promise.resolve(context.digest());
          };
          const settings = { ...config, nonDeterministicSignaturesViaNotation: false };
          await packet.sign(key, undefined, new Date(), true, settings);
          return encodePacket(tags.signature, packet.write());
        },
        abort: () => undefined,
      };
    },
  };
}
