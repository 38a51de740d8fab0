/**
 * Struct layouts. Every struct of the FUSE protocol is padded by hand, so that its fields follow each
 * other without gaps on all machines; integers are in the machine's own byte order.
 */
import { endianness } from 'node:os';

export type FieldType = 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | Layout<string>;

export interface Layout<Name extends string> {
  readonly size: number;
  /** The offset of each field in bytes. */
  readonly at: Readonly<Record<Name, number>>;
}

export const LITTLE_ENDIAN = endianness() === 'LE';
const LOW = LITTLE_ENDIAN ? 0 : 4;
const HIGH = 4 - LOW;
const TWO_32 = 2 ** 32;

const SIZES = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

/** Lays out the fields one after the other. */
export function layout<Name extends string>(
  fields: Readonly<Record<Name, FieldType>>,
): Layout<Name> {
  const at: Partial<Record<Name, number>> = {};
  let size = 0;
  for (const name of Object.keys(fields) as Name[]) {
    const type: FieldType = fields[name];
    at[name] = size;
    size += typeof type === 'string' ? SIZES[type] : type.size;
  }
  return Object.freeze({ size, at: Object.freeze(at as Record<Name, number>) });
}

export function getU16(view: DataView, at: number): number {
  return view.getUint16(at, LITTLE_ENDIAN);
}

export function getU32(view: DataView, at: number): number {
  return view.getUint32(at, LITTLE_ENDIAN);
}

export function getI32(view: DataView, at: number): number {
  return view.getInt32(at, LITTLE_ENDIAN);
}

/** A 64-bit number; above 2^53 it is rounded (no inode, size or request number of ours is that large). */
export function getU64(view: DataView, at: number): number {
  return (
    view.getUint32(at + HIGH, LITTLE_ENDIAN) * TWO_32 + view.getUint32(at + LOW, LITTLE_ENDIAN)
  );
}

export function setU16(view: DataView, at: number, value: number): void {
  view.setUint16(at, value, LITTLE_ENDIAN);
}

export function setU32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, LITTLE_ENDIAN);
}

export function setI32(view: DataView, at: number, value: number): void {
  view.setInt32(at, value, LITTLE_ENDIAN);
}

/** A whole number; a negative one in two's complement. */
export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at + LOW, value % TWO_32, LITTLE_ENDIAN);
  view.setUint32(at + HIGH, Math.floor(value / TWO_32), LITTLE_ENDIAN);
}
