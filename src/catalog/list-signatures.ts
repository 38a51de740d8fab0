/**
 * Fills a set's tree from its sigtar: everything but the sizes and places of regular files. All of it are hints, which the
 * volumes prove or refute.
 */
import { DuplifsError } from '../base/index.js';
import { signatureSizeBounds, SigtarParser } from '../archive/index.js';
import type { SigtarEntry } from '../archive/index.js';
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
}

/** Reads a whole sigtar's plaintext into the catalog. Returns the paths of folders that it implied. */
export async function listSignatures(
  { catalog, writer, set }: SignaturesTarget,
  name: string,
  plaintext: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<ImpliedPaths> {
  const implied = new ImpliedFolders({ catalog, writer, set, state: provenStates.hint });
  let entries: Listed[] = [];
  let current: SigtarEntry | undefined;
  let header = Buffer.alloc(0);
  const parser = new SigtarParser(name, {
    entry: (entry) => {
      current = entry;
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
  if (length > 0 && !parser.isDone) {
    throw new DuplifsError('DAMAGED', `"${name}" is cut short: it has no end mark`);
  }
  await write();
  return implied.finish(signal);
}
