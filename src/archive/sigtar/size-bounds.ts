/** What a signature tells about the size of its file (docs/format/1-bytes.md 5 and 6.1). */

const headerLength = 12;
const magics = new Set([0x72730136, 0x72730137, 0x72730146, 0x72730147]);

export interface SizeBounds {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/**
 * The smallest and largest size that a file with this signature can have: good for progress and plans,
 * never for `stat`. `header` are the signature's first 12 bytes and `length` its length; undefined
 * when they are no signature.
 */
export function signatureSizeBounds(header: Buffer, length: number): SizeBounds | undefined {
  if (header.length < headerLength || !magics.has(header.readUInt32BE(0))) return undefined;
  const blockLength = header.readUInt32BE(4);
  const entryLength = 4 + header.readUInt32BE(8);
  const blocks = (length - headerLength) / entryLength;
  const maxBytes = blocks * blockLength;
  if (!Number.isInteger(blocks) || blocks < 0 || blockLength === 0) return undefined;
  if (!Number.isSafeInteger(maxBytes)) return undefined;
  return { minBytes: blocks === 0 ? 0 : maxBytes - blockLength + 1, maxBytes };
}
