/** Writes the entries of a sigtar (docs/format/1-bytes.md 5). */
import { deletedHeader, headerOf } from '../entry.js';
import { encodeTarEntry } from '../tar/encode.js';
import type { SigtarEntry } from './parser.js';

/**
 * The header bytes of an entry as duplicity writes them. `signatureLength` bytes of signature and
 * paddingLength(signatureLength) zeros follow; sigtarEnd() closes the sigtar.
 */
export function encodeSigtarHeader(entry: SigtarEntry): Buffer {
  if (entry.kind === 'deleted') return encodeTarEntry(deletedHeader(entry.path));
  const isNamedFolder = entry.type === 'dir' && entry.path !== '';
  const name = `${entry.kind}/${entry.path}${isNamedFolder ? '/' : ''}`;
  return encodeTarEntry(headerOf(entry, name, entry.signatureLength));
}
