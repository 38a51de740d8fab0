/** Messages to the kernel that answer no request: what it must forget. */
import { encodeOutHeader } from './encode.js';
import { setU32, setU64 } from './layout.js';
import { Notification, structs } from './protocol.js';

const { notifyInvalEntryOut, notifyInvalInodeOut, outHeader } = structs;

/** Forget a name in a folder, and the folder's cached listing. */
export function encodeInvalidEntry(parent: number, name: Uint8Array): Uint8Array {
  const length = outHeader.size + notifyInvalEntryOut.size + name.length + 1;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const at = encodeOutHeader(view, length, Notification.INVAL_ENTRY, 0);
  setU64(view, at + notifyInvalEntryOut.at.parent, parent);
  setU32(view, at + notifyInvalEntryOut.at.namelen, name.length);
  bytes.set(name, at + notifyInvalEntryOut.size);
  return bytes;
}

/** Forget a node's attributes and data (length 0: to the end). */
export function encodeInvalidNode(ino: number): Uint8Array {
  const length = outHeader.size + notifyInvalInodeOut.size;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const at = encodeOutHeader(view, length, Notification.INVAL_INODE, 0);
  setU64(view, at + notifyInvalInodeOut.at.ino, ino);
  return bytes;
}
