/** Decoders of requests. A request that is shorter than its struct is malformed: `undefined`. */
import { decodeName } from '../../base/index.js';
import { getU32, getU64 } from './layout.js';
import { Opcode, structs } from './protocol.js';

const { inHeader } = structs;

export interface RequestHeader {
  readonly opcode: number;
  /** Names the request in its reply. */
  readonly unique: number;
  readonly nodeid: number;
  /** Of the whole request, in bytes. */
  readonly length: number;
}

export const body = inHeader.size;

/** The header of the request of `length` bytes that the buffer holds. */
export function decodeHeader(view: DataView, length: number): RequestHeader | undefined {
  if (length < inHeader.size || getU32(view, inHeader.at.len) !== length) return undefined;
  return {
    opcode: getU32(view, inHeader.at.opcode),
    unique: getU64(view, inHeader.at.unique),
    nodeid: getU64(view, inHeader.at.nodeid),
    length,
  };
}

const bodySizes: ReadonlyMap<number, number> = new Map<number, number>([
  [Opcode.INIT, 16],
  [Opcode.READ, structs.readIn.size],
  [Opcode.READDIR, structs.readIn.size],
  [Opcode.READDIRPLUS, structs.readIn.size],
  [Opcode.STATX, structs.statxIn.size],
  [Opcode.ACCESS, structs.accessIn.size],
  [Opcode.GETXATTR, structs.getxattrIn.size + 1],
  [Opcode.LISTXATTR, structs.getxattrIn.size],
  [Opcode.INTERRUPT, structs.interruptIn.size],
  [Opcode.LOOKUP, 1],
]);

/** Whether the request is long enough for the struct that its operation takes. */
export function hasWholeBody({ opcode, length }: RequestHeader): boolean {
  return length >= body + (bodySizes.get(opcode) ?? 0);
}

/** The name that begins at `start` and ends with a zero byte within the request. */
export function decodeNameAt(bytes: Uint8Array, start: number, length: number): string | undefined {
  const end = bytes.indexOf(0, start);
  return end < 0 || end >= length ? undefined : decodeName(bytes.subarray(start, end));
}

/** READ, READDIR and READDIRPLUS. */
export function decodeRead(view: DataView): { offset: number; size: number } {
  return {
    offset: getU64(view, body + structs.readIn.at.offset),
    size: getU32(view, body + structs.readIn.at.size),
  };
}
