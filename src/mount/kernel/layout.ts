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

export const littleEndian = endianness() === 'LE';
const low = littleEndian ? 0 : 4;
const high = 4 - low;
const two32 = 2 ** 32;

const sizes = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

/** Lays out the fields one after the other. */
export function layout<Name extends string>(
  fields: Readonly<Record<Name, FieldType>>,
): Layout<Name> {
  const at: Partial<Record<Name, number>> = {};
  let size = 0;
  for (const name of Object.keys(fields) as Name[]) {
    const type: FieldType = fields[name];
    at[name] = size;
    size += typeof type === 'string' ? sizes[type] : type.size;
  }
  return Object.freeze({ size, at: Object.freeze(at as Record<Name, number>) });
}

export function getU16(view: DataView, at: number): number {
  return view.getUint16(at, littleEndian);
}

export function getU32(view: DataView, at: number): number {
  return view.getUint32(at, littleEndian);
}

export function getI32(view: DataView, at: number): number {
  return view.getInt32(at, littleEndian);
}

/** A 64-bit number; above 2^53 it is rounded (no inode, size or request number of ours is that large). */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at + high, littleEndian) * two32 + view.getUint32(at + low, littleEndian);
}

export function setU16(view: DataView, at: number, value: number): void {
  view.setUint16(at, value, littleEndian);
}

export function setU32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, littleEndian);
}

export function setI32(view: DataView, at: number, value: number): void {
  view.setInt32(at, value, littleEndian);
}

/** A whole number; a negative one in two's complement. */
export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at + low, value % two32, littleEndian);
  view.setUint32(at + high, Math.floor(value / two32), littleEndian);
}
