/**
 * Fills a set's tree from its sigtar: everything but the sizes and places of regular files. All of it are hints, which the
 * volumes prove or refute.
 */
import { DuplifsError } from '../base/index.js';
import { signatureSizeBounds, SigtarParser } from '../archive/index.js';
import type { NamedFiles, SigtarEntry } from '../archive/index.js';
import type { Catalog, CatalogSet } from './catalog.js';
import { provenStates } from './entry-writer.js';
import type { EntryWriter } from './entry-writer.js';
import { ImpliedFolders } from './implied-folders.js';
import type { ImpliedPaths } from './implied-folders.js';

const entriesPerBatch = 1000;
const signatureHeaderLength = 12;

interface Listed {
  readonly entry: SigtarEntry;
  readonly sizeLimit: number | undefined;
}

export interface SignaturesTarget {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly set: CatalogSet;
  /** What the set's manifest lists. */
  readonly namedFiles: NamedFiles | undefined;
}

/**
 * Reads a whole sigtar's plaintext into the catalog. Returns the paths of folders that it implied.
 *
 * @throws DuplifsError DAMAGED, also where it lacks files that the set's manifest lists: it is of another set
 */
export async function listSignatures(
  { catalog, writer, set, namedFiles }: SignaturesTarget,
  name: string,
  plaintext: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<ImpliedPaths> {
  const implied = new ImpliedFolders({ catalog, writer, set, state: provenStates.hint });
  namedFiles?.reset();
  let entries: Listed[] = [];
  let current: SigtarEntry | undefined;
  let header = Buffer.alloc(0);
  const parser = new SigtarParser(name, {
    entry: (entry) => {
      current = entry;
      if (entry.kind === 'signature') namedFiles?.see(entry.path);
      header = Buffer.alloc(0);
    },
    // of the signatures only the header matters here: the block sums are for the next backup
    data: (bytes) => {
      if (header.length >= signatureHeaderLength) return;
      header = Buffer.concat([header, bytes.subarray(0, signatureHeaderLength - header.length)]);
    },
    entryEnd: () => {
      if (current === undefined) return;
      const sizeLimit =
        current.kind === 'signature'
          ? signatureSizeBounds(header, current.signatureLength)?.maxBytes
          : undefined;
      entries.push({ entry: current, sizeLimit });
    },
  });
  const write = async (): Promise<void> => {
    const batch = entries;
    entries = [];
    await writer.writeAll(
      batch,
      ({ entry, sizeLimit }) => {
        if (entry.kind === 'deleted') {
          writer.putDeletion(set.id, entry.path, provenStates.hint);
        } else {
          writer.putVersion(set.id, 'stored', entry, { sizeLimit, state: provenStates.hint });
          implied.check();
        }
      },
      signal,
    );
  };
  let length = 0;
  for await (const chunk of plaintext) {
    length += chunk.length;
    signal?.throwIfAborted();
    parser.push(chunk);
    if (entries.length >= entriesPerBatch) await write();
  }
  parser.end();
  if (length > 0 && !parser.isDone) throw cutShort(name);
  refuseForeign(name, set, namedFiles);
  await write();
  return implied.finish(signal);
}

/** A sigtar itself does not say of which set it is; the manifest lists the regular files that must be in it. */
function refuseForeign(
  name: string,
  { key }: CatalogSet,
  namedFiles: NamedFiles | undefined,
): void {
  if (namedFiles === undefined || namedFiles.left === 0) return;
  const files = namedFiles.left === 1 ? '1 file' : `${namedFiles.left} files`;
  throw new DuplifsError(
    'DAMAGED',
    `"${name}" lacks ${files} of those that the manifest of set ${key} lists: it is of another time or set`,
  );
}

function cutShort(name: string): DuplifsError {
  return new DuplifsError('DAMAGED', `"${name}" is cut short: it has no end mark`);
}
