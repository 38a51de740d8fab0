import { formatLocalTime } from '../../time/index.js';
import type { BackupSet, Chain, Collection } from '../../archive/index.js';
import { plural } from '../../archive/index.js';
import { formatNote, formatWarning } from './warning-text.js';

const rule = '-------------------------';

export interface StatusOptions {
  /** How the storage is called; holds no credential. */
  readonly backend: string;
  readonly archiveDir: string;
  /** More lines for the end, such as volumes that a manifest names and that are not stored. */
  readonly notes?: readonly string[];
}

/**
 * The lines of collection-status: as duplicity 0.8 prints them (docs/format/2-behaviour.md 7.3), and then
 * what duplifs knows beyond that. Times are in the machine's zone.
 */
export function formatStatus(collection: Collection, options: StatusOptions): readonly string[] {
  const notes = [...collection.warnings.flatMap(formatNote), ...(options.notes ?? [])];
  return [
    ...collection.warnings.flatMap(formatWarning),
    formatLastFull(collection),
    'Collection Status',
    '-----------------',
    `Connecting with backend: ${options.backend}`,
    `Archive dir: ${options.archiveDir}`,
    '',
    ...secondaryLines(collection.secondary),
    ...primaryLines(collection),
    ...remainderLines(collection),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ];
}

/** The line that every command of duplicity prints. Chains that begin with a partial full count. */
export function formatLastFull({ chains }: Collection): string {
  const newest = chains.reduce<number | undefined>(
    (last, { startSeconds }) => Math.max(last ?? startSeconds, startSeconds),
    undefined,
  );
  return `Last full backup date: ${newest === undefined ? 'none' : formatLocalTime(newest)}`;
}

function secondaryLines(chains: readonly Chain[]): string[] {
  const count = chains.length;
  return [
    `Found ${count} secondary backup ${plural(count, 'chain')}.`,
    ...chains.flatMap((chain, i) => [
      `Secondary chain ${i + 1} of ${count}:`,
      ...chainLines(chain, chain.sets),
      '',
    ]),
  ];
}

function primaryLines({ primary }: Collection): string[] {
  if (!primary) return ['No backup chains with active signatures found'];
  const { chain, discarded } = primary;
  return [
    '',
    'Found primary backup chain with matching signature chain:',
    ...chainLines(chain, discarded ? chain.sets.slice(0, -1) : chain.sets),
  ];
}

/** `sets` is the chain without a discarded set, whose time duplicity still gives as the chain's end. */
function chainLines(chain: Chain, sets: readonly BackupSet[]): string[] {
  const volumes = sets.reduce((sum, set) => sum + set.volumes.size, 0);
  return [
    rule,
    `Chain start time: ${formatLocalTime(chain.startSeconds)}`,
    `Chain end time: ${formatLocalTime(chain.endSeconds)}`,
    `Number of contained backup sets: ${sets.length}`,
    `Total number of contained volumes: ${volumes}`,
    columns('Type of backup set:', 'Time:', 'Num volumes:'),
    ...sets
      // a full without volumes has no line there
      .filter(({ times, volumes }) => times.kind === 'inc' || volumes.size > 0)
      .map(({ times, volumes }) =>
        columns(
          times.kind === 'full' ? 'Full' : 'Incremental',
          formatLocalTime(times.endSeconds),
          String(volumes.size),
        ),
      ),
    rule,
  ];
}

function columns(type: string, time: string, volumes: string): string {
  return `${type.padStart(20)}   ${time.padStart(30)}   ${volumes.padStart(15)}`;
}

function remainderLines({ orphaned, incomplete, primary }: Collection): string[] {
  const orphans = orphaned.length;
  const unfinished = incomplete.length + (primary?.discarded ? 1 : 0);
  if (orphans + unfinished === 0) return ['No orphaned or incomplete backup sets found.'];
  return [
    `Also found ${orphans} backup ${plural(orphans, 'set')} not part of any chain,`,
    `and ${unfinished} incomplete backup ${plural(unfinished, 'set')}.`,
    'These may be deleted by running duplicity with the "cleanup" command.',
  ];
}
