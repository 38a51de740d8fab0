import { StorageError } from './errors.js';

/** The error for a range that the file is too short for. Another try would end the same way. */
export function beyondEnd(name: string, url: string): StorageError {
  return new StorageError('STORAGE', `"${name}" on "${url}" ends before what was asked for`);
}
