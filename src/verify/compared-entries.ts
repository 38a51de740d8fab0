/** What a backup is compared with: the signatures of its chain, or a folder. In the order of the format, in batches. */
import { NameTable } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import { signaturesUpTo, signedTree } from '../signatures/index.js';
import type { PreviousEntry } from '../signatures/index.js';
import type { CatalogSet } from '../snapshot/index.js';
import { compilePlan, walkSource } from '../source/index.js';
import type { SelectionPlan } from '../source/index.js';
import type { ComparedEntry } from './compare-entry.js';

export interface ComparedFolder {
  readonly path: string;
  readonly selection: SelectionPlan;
  /** Compare with what symbolic links lead to. */
  readonly copyLinks: boolean;
}

export interface SignedEntriesOptions {
  /** Only what lies at and below this path; '' for all. */
  readonly top: string;
  /** Take owners by their stored numbers, whatever names this machine knows. */
  readonly numericOwner: boolean;
  readonly signal: AbortSignal;
}

/** The entries of a folder that are selected. */
export async function* folderEntries(
  { path, selection, copyLinks }: ComparedFolder,
  signal: AbortSignal,
): AsyncGenerator<ComparedEntry[]> {
  const walk = walkSource(path, { ...compilePlan(selection), copyLinks, signal });
  for await (const items of walk) yield items.filter((item) => item.kind === 'entry');
}

/** The tree as the signatures on the storage have it; undefined when some are missing: reading does not need them. */
export function signedEntries(
  repository: Repository,
  set: CatalogSet,
  { top, numericOwner, signal }: SignedEntriesOptions,
): AsyncGenerator<ComparedEntry[]> | undefined {
  const signatures = signaturesUpTo(repository.collection, set.key);
  if (signatures === undefined) return undefined;
  const tree = signedTree(signatures, (file) => repository.decodeStored(file, signal));
  return belowPath(tree, top, numericOwner);
}

/** The entries at and below a path, by their paths below it and with the owners that they have here. */
async function* belowPath(
  tree: AsyncIterable<readonly PreviousEntry[]>,
  top: string,
  numericOwner: boolean,
): AsyncGenerator<ComparedEntry[]> {
  const users = numericOwner ? undefined : new NameTable('passwd');
  const groups = numericOwner ? undefined : new NameTable('group');
  for await (const entries of tree) {
    const found: ComparedEntry[] = [];
    for (const { signature, ...entry } of entries) {
      const path = pathBelow(entry.path, top);
      if (path === undefined) continue;
      found.push({
        ...entry,
        path,
        uid: users?.id(entry.userName) ?? entry.uid,
        gid: groups?.id(entry.groupName) ?? entry.gid,
        signature: entry.kind === 'signature' ? signature : undefined,
      });
    }
    yield found;
  }
}

/** Undefined for what lies elsewhere. */
function pathBelow(path: string, top: string): string | undefined {
  if (top === '') return path;
  if (path === top) return '';
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1) : undefined;
}
