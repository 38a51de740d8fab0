/** Writes the entries of a volume's tar (docs/format/1-bytes.md 4.2 and 4.3). */
import { deletedHeader, headerOf } from '../entry.js';
import { encodeTarEntry } from '../tar/encode.js';
import type { ContentEntry, DifftarEntry } from './parser.js';

/**
 * The header bytes of an entry as duplicity writes them. `dataLength` bytes of content and
 * paddingLength(dataLength) zeros follow; volumeEnd() says what closes the volume.
 */
export function encodeDifftarHeader(entry: DifftarEntry): Buffer {
  if (entry.kind === 'deleted') return encodeTarEntry(deletedHeader(entry.path));
  return encodeTarEntry(headerOf(entry, difftarName(entry), entry.dataLength));
}

/** The entry's name in the tar. The root is "." as a folder and in pieces, and nothing at all otherwise. */
export function difftarName({
  kind,
  path,
  type,
  piece,
}: Pick<ContentEntry, 'kind' | 'path' | 'type' | 'piece'>): string {
  if (piece !== undefined) return `multivol_${kind}/${path === '' ? '.' : path}/${piece}`;
  if (type === 'dir') return `${kind}/${path === '' ? '.' : path}/`;
  return `${kind}/${path}`;
}
