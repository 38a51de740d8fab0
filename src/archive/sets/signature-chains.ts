import { compareNames } from '../../base/index.js';
import { setKey } from '../names/format-name.js';
import type { StoredFile } from '../names/names.js';
import { startOf } from './sets.js';

/** The signatures of the sets of a chain, which an incremental is made against. In order of time. */
export interface SignatureChain {
  readonly files: readonly StoredFile[];
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface SignatureChaining {
  /** By end time. */
  readonly chains: readonly SignatureChain[];
  readonly orphaned: readonly StoredFile[];
}

/**
 * Ties sigtars to chains by their own times (docs/format/2-behaviour.md 1.2): a full one opens a chain,
 * another joins, in order of start times, the first chain that ends where it starts.
 *
 * Of several with the same start duplicity takes the one that is listed first; here it is the one of a
 * set in `chained` (keys of the sets that are in chains), so that a fork's loser does not end the chain.
 */
export function tieSignatures(
  files: readonly StoredFile[],
  chained: ReadonlySet<string>,
): SignatureChaining {
  const ranked = files
    .filter(({ kind }) => kind === 'signatures')
    .map((file) => ({ file, isChained: chained.has(setKey(file.times)) }))
    .sort((a, b) => startOf(a.file.times) - startOf(b.file.times) || rank(a, b));

  const building: StoredFile[][] = [];
  const byEnd = new Map<number, StoredFile[]>();
  const orphaned: StoredFile[] = [];
  const open = (seconds: number, chain: StoredFile[]) => {
    if (!byEnd.has(seconds)) byEnd.set(seconds, chain);
  };
  for (const { file } of ranked) {
    const { times } = file;
    if (times.kind === 'full') {
      const chain = [file];
      building.push(chain);
      open(times.endSeconds, chain);
      continue;
    }
    const chain = times.endSeconds > times.startSeconds ? byEnd.get(times.startSeconds) : undefined;
    if (chain) {
      chain.push(file);
      byEnd.delete(times.startSeconds);
      open(times.endSeconds, chain);
    } else {
      orphaned.push(file);
    }
  }
  const chains = building.map(signatureChain).sort((a, b) => a.endSeconds - b.endSeconds);
  return { chains, orphaned };
}

interface Ranked {
  readonly file: StoredFile;
  readonly isChained: boolean;
}

function rank(a: Ranked, b: Ranked): number {
  return (
    Number(b.isChained) - Number(a.isChained) ||
    a.file.times.endSeconds - b.file.times.endSeconds ||
    Number(a.file.partial) - Number(b.file.partial) ||
    compareNames(a.file.name, b.file.name)
  );
}

function signatureChain(files: readonly StoredFile[]): SignatureChain {
  return {
    files,
    startSeconds: files[0]?.times.endSeconds ?? 0,
    endSeconds: files.at(-1)?.times.endSeconds ?? 0,
  };
}
