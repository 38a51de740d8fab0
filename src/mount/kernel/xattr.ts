/** GETXATTR and LISTXATTR: one question with size 0 for the length, another for the bytes. */
import { FileSystemError } from '../file-system-error.js';

export type XattrReply =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * The namespace that the mount answers for. Anything else (ACLs, SELinux labels, capabilities) is "not
 * supported" rather than "not set": after one such answer `ls` stops asking about each file.
 */
const xattrNamespace = 'user.';

export function isServedXattr(name: string): boolean {
  return name.startsWith(xattrNamespace);
}

export function xattrValue(
  attributes: ReadonlyMap<string, Uint8Array>,
  name: string,
  size: number,
): XattrReply {
  const value = attributes.get(name);
  if (value === undefined) throw new FileSystemError('ENODATA');
  return fitted(value, size);
}

/** The names, each ended by a zero byte. */
export function xattrNames(attributes: ReadonlyMap<string, Uint8Array>, size: number): XattrReply {
  const names = [...attributes.keys()].map((name) => `${name}\0`);
  return fitted(Buffer.from(names.join(''), 'utf8'), size);
}

function fitted(bytes: Uint8Array, size: number): XattrReply {
  if (size === 0) return { kind: 'length', length: bytes.length };
  if (bytes.length > size) throw new FileSystemError('ERANGE');
  return { kind: 'bytes', bytes };
}
