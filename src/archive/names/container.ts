/** What the end of a name tells of how the file is wrapped (docs/format/1-bytes.md 1.2). */
import type { Container } from './names.js';

const encrypted = /\.g(?:pg)?$/;
const zipped = /\.g?z$/;

/** The container that a file's name ends in: `.gpg` and the old `.g`, `.gz` and the old `.z`, or none. */
export function containerOf(name: string): Container {
  if (encrypted.test(name)) return 'gpg';
  return zipped.test(name) ? 'gz' : 'plain';
}

/** The name without what tells how the file is wrapped. */
export function stemOf(name: string): string {
  return name.replace(encrypted.test(name) ? encrypted : zipped, '');
}
