/** collection-status for programs, as 0.8 writes it to its log (docs/format/2-behaviour.md 6.5). Pure. */
import type { BackupSet, Chain, Collection } from '../../archive/index.js';
import { formatStamp } from '../../time/index.js';

/** What follows "INFO 3" on the control line and after it. */
export function statusRecord(
  { chains, primary, orphaned, incomplete }: Collection,
  { backend, archiveDir }: { readonly backend: string; readonly archiveDir: string },
): string {
  const secondary = chains.filter((chain) => chain !== primary?.chain);
  const unfinished = incomplete.length + (primary?.discarded ? 1 : 0);
  return [
    '',
    `backend ${backend}`,
    `archive-dir ${archiveDir}`,
    ...secondary.flatMap((chain, number) => [`chain-no-sig ${number}`, ...chainLines(chain.sets)]),
    ...(primary === undefined ? [] : ['chain-complete', ...chainLines(primarySets(primary))]),
    `orphaned-sets-num ${orphaned.length}`,
    `incomplete-sets-num ${unfinished}`,
  ].join('\n');
}

function primarySets({ chain, discarded }: NonNullable<Collection['primary']>): Chain['sets'] {
  return discarded ? chain.sets.slice(0, -1) : chain.sets;
}

function chainLines(sets: readonly BackupSet[]): string[] {
  return sets.map((set) => {
    const files = [...set.manifests, ...[...set.volumes.values()].flat()];
    const isEncrypted = files.some(({ container }) => container === 'gpg');
    const { kind, endSeconds } = set.times;
    const protection = isEncrypted ? 'enc' : 'noenc';
    return ` ${kind} ${formatStamp(endSeconds)} ${set.volumes.size} ${protection}`;
  });
}
