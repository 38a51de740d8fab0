/**
 * Names are bytes, kept as strings (docs/design.md, "Names are bytes"): what is valid UTF-8 is decoded,
 * and every byte that is not becomes one lone surrogate U+DC80…U+DCFF (0xDC00 + byte), as Python's
 * "surrogateescape" does. The mapping is lossless for all byte strings.
 *
 * A path is its components joined by "/", without a leading or trailing one; the root is "".
 */
import { isUtf8 } from 'node:buffer';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a name or path from its bytes.
 *
 * @example
 * ```js
 * import { decodeName, encodeName } from 'duplifs';
 *
 * const name = decodeName(Buffer.from('caf\xe9', 'latin1')); // which is not UTF-8
 * console.log(encodeName(name).toString('latin1') === 'caf\xe9'); // prints true
 * ```
 */
export function decodeName(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decoder.decode(bytes);
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      text += decoder.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** Encodes a name or path into its bytes: the inverse of decodeName. */
export function encodeName(name: string): Buffer {
  if (!hasEscapes(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      at += 1; // a pair; Buffer.from encodes it
    } else if (unit >= 0xdc80 && unit <= 0xdcff) {
      parts.push(Buffer.from(name.slice(start, at), 'utf8'), Buffer.of(unit - 0xdc00));
      start = at + 1;
    }
  }
  parts.push(Buffer.from(name.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/** Whether the name holds bytes that are not UTF-8. */
export function hasEscapes(name: string): boolean {
  return !name.isWellFormed();
}

/** Orders two names as byte strings. */
export function compareNames(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(encodeName(a), encodeName(b));
}

/** Orders two paths component by component, each as a byte string; a folder comes before what it holds. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // the end of a component comes before everything else
    if (left === slash) return -1;
    if (right === slash) return 1;
    // as long as there are no surrogates, UTF-8 and UTF-16 agree on the order
    if (left < firstSurrogate && right < firstSurrogate) return left - right;
    return compareNames(componentFrom(a, i), componentFrom(b, i));
  }
  return a.length - b.length;
}

const slash = 0x2f;
const firstSurrogate = 0xd800;

/** The component around the place `at` of a path. */
function componentFrom(path: string, at: number): string {
  const end = path.indexOf('/', at);
  return path.slice(path.lastIndexOf('/', at) + 1, end < 0 ? undefined : end);
}

/** The components of a path; none for the root. */
export function splitPath(path: string): string[] {
  return path === '' ? [] : path.split('/');
}

/** The length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length === 0 || first > 0xf4 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
