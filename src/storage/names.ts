import { encodeName, hasEscapes } from '../base/index.js';
import { StorageError } from './errors.js';

/** What files in the making are called: none of the words that duplicity looks for (1-bytes.md 1.2). */
export const temporaryPrefix = '.duplifs-tmp-';

const maxNameBytes = 255;

/** Refuses names that are not those of a file directly at the target. */
export function checkName(name: string, url: string): void {
  const plain =
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    !name.includes('\0') &&
    // no character has more than three bytes a code unit; listings may have millions of names
    (name.length * 3 <= maxNameBytes || encodeName(name).length <= maxNameBytes);
  if (plain && !name.startsWith(temporaryPrefix)) return;
  throw new StorageError('STORAGE', `"${name}" cannot be the name of a file on "${url}"`, {
    hint: 'A name is 1 to 255 bytes without "/" and is neither "." nor ".."',
  });
}

/** Refuses names that are not UTF-8, for storages whose names are text. */
export function checkText(name: string, url: string): void {
  if (!hasEscapes(name)) return;
  throw new StorageError('STORAGE', `"${url}" cannot keep a name that is not UTF-8: "${name}"`);
}

/** Whether a name that a storage lists is one that `checkName` accepts. */
export function isPlainName(name: string): boolean {
  try {
    checkName(name, '');
    return true;
  } catch {
    return false;
  }
}
