/** A tree of a backup as one archive, written as a stream. */
import type { ArchiveWriter, WriteBytes } from './archive-writer.js';
import { TarWriter } from './tar-writer.js';

export type { ArchiveWriter, WriteBytes } from './archive-writer.js';
export { dump } from './dump.js';
export type { DumpOptions, DumpProgress, DumpResult } from './dump.js';

export const archiveFormats = ['tar', 'zip'] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];

/** What writes archives of a format. */
export async function archiveWriter(
  format: ArchiveFormat,
  write: WriteBytes,
): Promise<ArchiveWriter> {
  if (format === 'tar') return new TarWriter(write);
  const { ZipWriter } = await import('./zip-writer.js'); // the library takes its time to load
  return new ZipWriter(write);
}
