/** The tree that a set left, as the stored signatures of its chain have it: what verify compares with. */
import type { BackupSet, Collection, StoredFile } from '../archive/index.js';
import { mergeSets } from './merge-sets.js';
import { sigtarEntries } from './sigtar-entries.js';
import type { PreviousEntry } from './sigtar-entries.js';

/** The signatures of a set and of those before it in its chain, oldest first; undefined where one is missing. */
export function signaturesUpTo(
  { chains }: Collection,
  setKey: string,
): readonly StoredFile[] | undefined {
  const files = setsUpTo(chains, setKey).map(({ signatures }) => signatures[0]);
  return files.length > 0 && files.every((file) => file !== undefined) ? files : undefined;
}

/** The keys of the sets, of those that a tree is made of, whose signatures are not on the storage. */
export function setsWithoutSignatures({ chains }: Collection, setKey: string): readonly string[] {
  return setsUpTo(chains, setKey)
    .filter(({ signatures }) => signatures.length === 0)
    .map(({ key }) => key);
}

/** A set and those before it in its chain, oldest first. */
function setsUpTo(chains: Collection['chains'], setKey: string): readonly BackupSet[] {
  const sets = chains
    .map((chain) => chain.sets)
    .find((some) => some.some(({ key }) => key === setKey));
  const last = sets?.findIndex(({ key }) => key === setKey) ?? -1;
  return sets?.slice(0, last + 1) ?? [];
}

/** Batches of entries in the order of paths. `decode` gives the plaintext of a file. */
export function signedTree(
  signatures: readonly StoredFile[],
  decode: (file: StoredFile) => AsyncIterable<Uint8Array>,
): AsyncGenerator<PreviousEntry[]> {
  return mergeSets(
    signatures.map((file) => sigtarEntries(file.name, file.times.endSeconds, decode(file))),
  );
}
