/** A librsync signature read back (docs/format/1-bytes.md 6.1). */
import { DuplifsError } from '../base/index.js';
import {
  signatureHeaderLength,
  signatureMagicBlake2,
  signatureMagicMd4,
  signatureMagicRabinkarpBlake2,
  signatureMagicRabinkarpMd4,
  strongSumLength,
} from './formats.js';

export type SignatureKind = 'rollsum+md4' | 'rollsum+blake2' | 'rabinkarp+md4' | 'rabinkarp+blake2';

export interface Signature {
  readonly kind: SignatureKind;
  /** The length in bytes of each chunk but the last, which may be shorter. */
  readonly blockLength: number;
  /** The bytes that are kept of each strong sum. */
  readonly strongLength: number;
  /** The weak sum of each chunk. */
  readonly weak: Uint32Array;
  /** The strong sums of the chunks, one after the other. */
  readonly strong: Uint8Array;
}

const kinds = new Map<number, { kind: SignatureKind; maxStrongLength: number }>([
  [signatureMagicMd4, { kind: 'rollsum+md4', maxStrongLength: 16 }],
  [signatureMagicBlake2, { kind: 'rollsum+blake2', maxStrongLength: 32 }],
  [signatureMagicRabinkarpMd4, { kind: 'rabinkarp+md4', maxStrongLength: 16 }],
  [signatureMagicRabinkarpBlake2, { kind: 'rabinkarp+blake2', maxStrongLength: 32 }],
]);

const maxBlockLength = 2 ** 31;
/** What a delta's window may cost in memory; duplicity's default block length is 2 KiB. */
const maxUsableBlockLength = 16 * 1024 * 1024;

/**
 * Reads a whole signature.
 * @param name what it is called in errors
 * @throws DuplifsError DAMAGED when it is not one
 */
export function parseSignature(bytes: Uint8Array, name: string): Signature {
  const fail = (problem: string): never => {
    throw new DuplifsError('DAMAGED', `The signature "${name}" ${problem}`);
  };
  if (bytes.length < signatureHeaderLength) fail('is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { kind, maxStrongLength } =
    kinds.get(view.getUint32(0)) ?? fail('does not begin as a librsync signature does');
  const blockLength = view.getUint32(4);
  const strongLength = view.getUint32(8);
  if (blockLength === 0 || blockLength > maxBlockLength) {
    fail(`has the impossible block length ${blockLength}`);
  }
  if (strongLength === 0 || strongLength > maxStrongLength) {
    fail(`has the impossible strong sum length ${strongLength}`);
  }
  const count = (bytes.length - signatureHeaderLength) / (4 + strongLength);
  if (!Number.isInteger(count)) fail('ends within a block');
  const weak = new Uint32Array(count);
  const strong = new Uint8Array(count * strongLength);
  let at = signatureHeaderLength;
  for (let chunk = 0; chunk < count; chunk += 1) {
    weak[chunk] = view.getUint32(at);
    at += 4;
    const to = chunk * strongLength;
    for (let i = 0; i < strongLength; i += 1) strong[to + i] = view.getUint8(at + i);
    at += strongLength;
  }
  return { kind, blockLength, strongLength, weak, strong };
}

/**
 * Why no delta can be made from the signature, or undefined when one can: the file then has to be
 * stored as a whole.
 */
export function unusableReason(signature: Signature): string | undefined {
  if (signature.kind !== 'rollsum+md4') return `its sums are ${signature.kind}, not rollsum+md4`;
  if (signature.strongLength < strongSumLength) {
    return `its strong sums have ${signature.strongLength} bytes, fewer than ${strongSumLength}`;
  }
  if (signature.blockLength > maxUsableBlockLength) {
    return `its blocks have ${signature.blockLength} bytes, more than ${maxUsableBlockLength}`;
  }
  return undefined;
}
