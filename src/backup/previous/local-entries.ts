import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { gunzip } from '../../volume/index.js';
import type { SetEntries } from './merge-sets.js';
import { sigtarEntries } from './sigtar-entries.js';

const readBytes = 256 * 1024;

/** The copy of a set's sigtar that the archive dir has. */
export interface LocalSignatures {
  readonly setSeconds: number;
  /** Its name there; it ends in `.gz`. */
  readonly name: string;
}

/** The entries of a set, for mergeSets. */
export function localEntries(
  archiveFolder: string,
  { name, setSeconds }: LocalSignatures,
): SetEntries {
  const file = createReadStream(join(archiveFolder, name), { highWaterMark: readBytes });
  return sigtarEntries(name, setSeconds, gunzip(file, name));
}
