/**
 * An index from the volumes of its set (docs/index-format.md). What only the writer of the volumes knew is not in it: the
 * blocks that can be decoded alone, and session keys; whole volumes are decoded then. It says
 * what the set was made on only where this machine has kept its own copies of that: whoever could take the index away
 * could have changed the rest as well, and an index that vouched for it would make that good.
 */
import { IndexEncoder, packBlocks } from '../archive/index.js';
import type { BackupSet, BlockTable, IndexBinding } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
import {
  digestOf,
  localManifestName,
  localSignaturesName,
  putFile,
  readManifest,
} from '../target/index.js';
import type { Target } from '../target/index.js';
import { readSet } from './read-set.js';
import type { ReadSetVolume } from './read-set.js';
import type { RepairOptions, Writing } from './repair-options.js';

export interface IndexToRebuild extends Writing {
  readonly name: string;
}

/** @throws DuplifsError DAMAGED, FILE_MISSING, SIGNATURE, KEY when the volumes are not those of the manifest */
export async function rebuildIndex(
  options: RepairOptions,
  set: BackupSet,
  { name, encoding, beforePut }: IndexToRebuild,
): Promise<void> {
  const { target, tempFolder, producer, report, signal } = options;
  const known = await readManifest(target, set, new Set(), { signal });
  const binding = await ownBinding(options, set);
  if (binding === undefined) report({ level: 'warning', code: 'index-unbound', setKey: set.key });
  const write = async (writer: {
    write(parts: readonly Uint8Array[]): Promise<void> | undefined;
  }): Promise<void> => {
    let chunks: Buffer[] = [];
    const encoder = new IndexEncoder({ setKey: set.key, producer }, (chunk) => chunks.push(chunk));
    const drain = async (): Promise<void> => {
      const ready = chunks;
      chunks = [];
      if (ready.length > 0) await writer.write(ready);
    };
    const onEntry = encoder.entry.bind(encoder);
    const reading = { target, set, known, needsSignatures: false, onEntry, drain, signal };
    for (const volume of await readSet(reading)) {
      const { number, file, fileSize, sha1 } = volume;
      encoder.volume({
        number,
        fileName: file.name,
        fileSize,
        sha1: Buffer.from(sha1, 'hex'),
        table: tableOf(volume),
      });
    }
    if (binding !== undefined) encoder.binding(binding);
    encoder.end();
    await drain();
  };
  await putFile({ target, name, encoding, tempFolder, write, beforePut, signal });
}

function tableOf({ file: { container }, plaintextLength }: ReadSetVolume): BlockTable {
  const none = { plaintextLength, blocks: packBlocks([]) };
  return container === 'gpg' ? { ...none, container, layout: undefined } : { ...none, container };
}

/** Undefined where the archive dir does not have what it takes to say it. */
async function ownBinding(
  { target, listing, facts }: RepairOptions,
  set: BackupSet,
): Promise<IndexBinding | undefined> {
  const fact = facts.of(set.key);
  const [stored] = set.signatures.filter(({ partial }) => !partial);
  if (fact?.signaturesDigest === undefined || stored === undefined) return undefined;
  const copy = localSignaturesName(stored);
  if (!listing.localNames.has(copy)) return undefined;
  const { signaturesDigest } = fact;
  if (!(await isCopyOf(target, copy, signaturesDigest))) return undefined;
  const signKey = target.signKeyFor(set.times);
  const common = { signaturesDigest, signKey };
  if (set.times.kind === 'full') return { ...common, base: undefined };
  const base = baseOf(listing, set);
  const baseFact = base && facts.of(base.key);
  const hasCopy = base?.manifests.some((file) => listing.localNames.has(localManifestName(file)));
  if (base === undefined || hasCopy !== true || baseFact?.areCopiesGood !== true) return undefined;
  const { volumesDigest } = baseFact;
  return volumesDigest && { ...common, base: { setKey: base.key, volumesDigest } };
}

/** Whether the archive dir's copy of a sigtar has this digest. One that is damaged has none. */
async function isCopyOf(target: Target, copy: string, digest: Buffer): Promise<boolean> {
  try {
    return (await digestOf(target.decodeLocalSignatures(copy))).equals(digest);
  } catch (error) {
    if (isDuplifsError(error, 'DAMAGED', 'KEY')) return false;
    throw error;
  }
}

function baseOf({ collection }: RepairOptions['listing'], set: BackupSet): BackupSet | undefined {
  for (const { sets } of collection.chains) {
    const at = sets.indexOf(set);
    if (at > 0) return sets[at - 1];
  }
  return undefined;
}
