/** Restores what a command line asks for, part by part. */
import { DuplifsError, errorText, eventLoopTurns, exitCodes } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { refuseTarget, restore } from '../../restore/index.js';
import type { RestoreResult } from '../../restore/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { splitLines } from '../../source/index.js';
import { readList } from '../backup/selection-options.js';
import { lastFullLine } from '../last-full.js';
import { synchronized } from '../log.js';
import { Output } from '../output.js';
import { cleanPath } from '../options/index.js';
import type { Renaming } from '../options/index.js';
import { personality } from '../personality.js';
import { ProgressLine } from '../progress-line.js';
import { restorePlace } from '../restore-place.js';
import type { CommandContext } from '../run-command.js';
import { snapshotAt } from '../time-options.js';
import { folderEntry, ParentFolders } from './parent-folders.js';
import type { RestoreCommandOptions } from './restore-options.js';
import { restorePlan } from './restore-plan.js';
import type { RestorePiece } from './restore-plan.js';
import { restoreSelection, withoutPaths } from './restore-selection.js';
import type { Select } from './restore-selection.js';
import { VolumeProgress } from './volume-progress.js';

export interface RestoreJob {
  /** Undefined where the options say it (restore-place.ts). */
  readonly target: string | undefined;
  readonly options: RestoreCommandOptions;
  readonly context: CommandContext;
}

/** A job whose place is known. */
interface PlacedJob extends RestoreJob {
  readonly target: string;
}

/** The exit code. */
export async function runRestore(repository: Repository, asked: RestoreJob): Promise<number> {
  const { context } = asked;
  const { log, signal } = context;
  if (personality().isDuplicity) {
    log.notice(synchronized);
    log.notice(lastFullLine(repository));
  }
  const { snapshot, isLess } = await snapshotAt(repository, asked.options, signal);
  await snapshot.load(signal);
  const place = await restorePlace(repository, snapshot, asked);
  if (asked.target === undefined) log.notice(`Restoring to "${place.target}"`);
  const options = { ...asked.options, force: place.force };
  const job: PlacedJob = { target: place.target, options, context };
  const paths = pathsOf(options);
  const isList = paths.length > 1 || options.filesFrom !== undefined;
  const renamings = await knownRenamings(snapshot, job);
  const pieces = restorePlan({ target: job.target, paths, isList, renamings });
  const starts = new Map<RestorePiece, SnapshotEntry>();
  for (const piece of pieces) {
    starts.set(piece, await snapshot.resolveProven(piece.path, signal));
  }
  const isWhole = pieces.some(({ path }) => path === '');
  const setIds = isWhole ? undefined : await setsOf(snapshot, [...starts.values()]);
  // a wrong passphrase is noticed before anything is written, also where the archive dir has all lists
  await repository.proveTree(snapshot.set, setIds, signal);
  if (options.dryRun) return listVolumes(snapshot, [...starts.values()], context);
  const source = repository.sourceOf(snapshot.set)?.folder ?? job.target;
  const select = restoreSelection(options, { snapshot, source });
  const restoring = { snapshot, select, starts, volumes: volumeCount(repository, snapshot) };
  const result = await restorePieces(pieces, restoring, job);
  log.notice(`Restored ${result.entries - result.failures} entries, ${result.bytes} bytes`);
  if (result.failures > 0)
    log.error(`${personality().prefix}${result.failures} entries were not restored`);
  if (result.disagreements > 0) return exitCodes.DAMAGED;
  return isLess || result.failures + result.incomplete > 0 ? exitCodes.INCOMPLETE : 0;
}

/** Those of `--path-to-restore`, and of a list. */
function pathsOf({ pathToRestore, filesFrom, nullSeparator }: RestoreCommandOptions): string[] {
  const listed =
    filesFrom === undefined
      ? []
      : splitLines(readList(filesFrom), nullSeparator).filter((line) => line !== '');
  if (filesFrom !== undefined && listed.length === 0) {
    throw new DuplifsError('FILES_FROM_EMPTY', `The list of files "${filesFrom}" names none`);
  }
  return [...pathToRestore, ...listed.map(cleanPath)].filter((path) => path !== '');
}

/** Those of what the backup has; others are told. */
async function knownRenamings(
  snapshot: Snapshot,
  { options, context: { log, signal } }: PlacedJob,
): Promise<Renaming[]> {
  const known: Renaming[] = [];
  for (const renaming of options.rename) {
    await snapshot.provePath(renaming.from, signal);
    const id = snapshot.idOf(renaming.from);
    if (id !== undefined && snapshot.entry(id) !== undefined) known.push(renaming);
    else log.warn(`--rename: "${renaming.from}" is not in the backup`);
  }
  return known;
}

interface Restoring {
  readonly snapshot: Snapshot;
  readonly select: Select | undefined;
  readonly starts: ReadonlyMap<RestorePiece, SnapshotEntry>;
  /** Of the chain up to the snapshot. */
  readonly volumes: number;
}

async function restorePieces(
  pieces: readonly RestorePiece[],
  restoring: Restoring,
  { target, options, context }: PlacedJob,
): Promise<RestoreResult> {
  const { log, signal } = context;
  const { restoreOwnership: ownership, sparse, force } = options;
  const { snapshot } = restoring;
  const progress = personality().isDuplicity ? undefined : ProgressLine.onTerminal();
  const records = new VolumeProgress(log, restoring.volumes);
  const isWatched = progress !== undefined || log.isRecorded; // to count all entries first takes time
  const parents = new ParentFolders(target);
  // what lies in it is restored part by part
  if (pieces.every((piece) => piece.target !== target)) await refuseTarget(target, force, true);
  let sum: RestoreResult = noResult;
  try {
    for (const piece of pieces) {
      const start = restoring.starts.get(piece) ?? snapshot.resolve(piece.path);
      const folders = await foldersAbove(snapshot, piece, signal);
      parents.make(piece.target, (path) => folders.get(path));
      const result = await restore(snapshot, start, piece.target, {
        ownership,
        sparse,
        force,
        signal,
        select: withoutPaths(piece.without, shifted(restoring.select, piece.path)),
        isPart: piece.target !== target,
        report: log.report,
        onFailure: (path, error) => {
          const shown = path === '' ? piece.target : path;
          log.error(`${personality().prefix}"${shown}" was not restored: ${errorText(error)}`);
        },
        onProgress: isWatched
          ? (state) => {
              progress?.show(state);
              records.show(state);
            }
          : undefined,
      });
      sum = added(sum, result);
    }
    parents.finish(ownership);
  } finally {
    progress?.end();
  }
  records.last();
  return sum;
}

/** By the path below the target, which for parts is the path in the backup: the folders that a part lies in. */
async function foldersAbove(
  snapshot: Snapshot,
  { path }: RestorePiece,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SnapshotEntry>> {
  const found = new Map<string, SnapshotEntry>();
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const above = path.slice(0, at);
    const entry = await folderEntry(snapshot, above, signal);
    if (entry !== undefined) found.set(above, entry);
  }
  return found;
}

/** A selection over a part, by paths below it. */
function shifted(select: Select | undefined, path: string): Select | undefined {
  if (select === undefined || path === '') return select;
  return (below, entry) => (below === '' ? 'include' : select(`${path}/${below}`, entry));
}

const noResult: RestoreResult = {
  entries: 0,
  bytes: 0,
  failures: 0,
  disagreements: 0,
  incomplete: 0,
};

function added(a: RestoreResult, b: RestoreResult): RestoreResult {
  return {
    entries: a.entries + b.entries,
    bytes: a.bytes + b.bytes,
    failures: a.failures + b.failures,
    disagreements: a.disagreements + b.disagreements,
    incomplete: a.incomplete + b.incomplete,
  };
}

/** `--dry-run`: the volumes that would be read. */
async function listVolumes(
  snapshot: Snapshot,
  starts: readonly SnapshotEntry[],
  { signal }: CommandContext,
): Promise<number> {
  const names = new Set<string>();
  for (const start of starts) {
    for (const { entry } of snapshot.walk(start)) {
      signal.throwIfAborted();
      if (entry.type !== 'reg') continue;
      for (const name of await snapshot.volumeNames(entry, signal)) names.add(name);
    }
  }
  const output = new Output(process.stdout);
  await output.line('Required volumes to restore:');
  for (const name of [...names].sort()) await output.line(`\t${name}`);
  await output.end();
  return 0;
}

/** The ids of the sets that the files of parts of the tree were changed in. */
async function setsOf(
  snapshot: Snapshot,
  starts: readonly SnapshotEntry[],
): Promise<ReadonlySet<number>> {
  const turn = eventLoopTurns();
  const ids = new Set<number>();
  for (const start of starts) {
    for (const { entry } of snapshot.walk(start)) {
      if (entry.type === 'reg') ids.add(entry.setId);
      await turn();
    }
  }
  return ids;
}

/** How many volumes the chain has up to the snapshot. */
function volumeCount(repository: Repository, { set }: Snapshot): number {
  const chain = repository.collection.chains.find(({ sets }) =>
    sets.some(({ key }) => key === set.key),
  );
  return (chain?.sets ?? [])
    .filter(({ times }) => times.endSeconds <= set.endSeconds)
    .reduce((sum, { volumes }) => sum + volumes.size, 0);
}
