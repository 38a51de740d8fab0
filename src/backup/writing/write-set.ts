/** Writes a set: takes the changes, has the changed files read, and completes what was written. */
import { join } from 'node:path';
import { setKey } from '../../archive/index.js';
import type { Report } from '../../base/index.js';
import { VolumeSizes } from '../../target/index.js';
import type { TargetListing, TargetLock, TargetPlace } from '../../target/index.js';
import { collectPiledUp } from '../../threads/index.js';
import type { Change } from '../compare/changes.js';
import type { BackupEvent } from '../events.js';
import type { Progress } from '../options.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import {
  chooseCheckpoint,
  keptIndexEntries,
  recordedVolumes,
  restoreParts,
  writeStateHeader,
} from '../resume/checkpoints.js';
import type { Checkpoint, StateHeader } from '../resume/set-state.js';
import { removeUnfinished } from '../resume/unfinished-sets.js';
import type { UnfinishedSet } from '../resume/unfinished-sets.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import { noCounts } from '../statistics.js';
import type { Counts } from '../statistics.js';
import { finishSet } from './finish-set.js';
import { giveFinalNames, removeParts } from './local-files.js';
import { SetFiles } from './set-files.js';
import { isRead } from './set-source.js';
import type { SetSource } from './set-source.js';
import { SetWriter } from './set-writer.js';

export interface SetToWrite {
  readonly target: TargetPlace;
  /** What the set is made from. Whoever has it closes it. */
  readonly source: SetSource;
  readonly plan: SetPlan;
  /** The first line of its state, where it is begun. */
  readonly header: StateHeader;
  /** What the target held when the run began. */
  readonly listing: TargetListing;
  /** The unfinished set that the run continues. */
  readonly resumed: UnfinishedSet | undefined;
  readonly maker: VolumeMaker;
  readonly lock: Pick<TargetLock, 'check'>;
  /** Write no set where nothing is in it. */
  readonly skipIfNoChange: boolean;
  /** Whether duplicity must begin the set anew where this run does not finish it, and not go on with it. */
  readonly isHidden: boolean;
  readonly stop: AbortSignal;
  readonly report: Report<BackupEvent>;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface WrittenSet {
  readonly counts: Counts;
  /** False where nothing had changed and so no set was to be written. */
  readonly wasWritten: boolean;
}

export async function writeSet(set: SetToWrite): Promise<WrittenSet> {
  return new SetRun(set).run();
}

/** One run over the source. */
class SetRun {
  readonly #set: SetToWrite;

  constructor(set: SetToWrite) {
    this.#set = set;
  }

  async run(): Promise<WrittenSet> {
    const { source, plan, maker, skipIfNoChange, isHidden, stop, report } = this.#set;
    const from = await this.#checkpoint();
    const counts: Counts = from === undefined ? noCounts() : { ...from.counts };
    const files = await SetFiles.open(plan, from, keptIndexEntries(plan, from));
    if (isHidden) files.hideFromDuplicity();
    const sessionKeys = new Map<number, { algorithm: number; key: Buffer }>();
    const write = { plan, files, counts, from, sessionKeys, maker, source, stop, report };
    const writer = new SetWriter(write);
    try {
      await this.#writeChanges(writer, counts);
      if (skipIfNoChange && !writer.hasChanges) {
        report({ level: 'notice', code: 'nothing-changed' });
        await files.close();
        await removeParts(plan);
        return { counts, wasWritten: false };
      }
      await this.#complete(writer, files, sessionKeys);
      return { counts, wasWritten: true };
    } finally {
      await writer.endUploads();
      await files.close().catch(() => undefined);
    }
  }

  async #complete(
    writer: SetWriter,
    files: SetFiles,
    sessionKeys: ReadonlyMap<number, { readonly algorithm: number; readonly key: Buffer }>,
  ): Promise<void> {
    const { source, plan, listing, maker, lock } = this.#set;
    await source.endReading();
    await writer.finish();
    const statePath = join(plan.archiveFolder, localNames(plan).state);
    let lastVolume = 0;
    const sizes: number[] = [];
    for await (const { number, size } of recordedVolumes(statePath)) {
      lastVolume = number;
      sizes[number - 1] = size;
    }
    await finishSet({
      plan,
      files,
      maker,
      sessionKeys,
      lastVolume,
      volumes: () => recordedVolumes(statePath),
      stored: listing,
      uploaded: () => writer.uploaded(),
      beforeManifest: () => lock.check(plan.times),
    });
    await source.commit();
    await giveFinalNames(plan);
    const known = await VolumeSizes.open(plan.archiveFolder);
    known.put(setKey(plan.times), sizes);
    await known.save(listing.wholeKeys, setKey(plan.times));
  }

  /** Where to go on; also begins the state of a new set. */
  async #checkpoint(): Promise<Checkpoint | undefined> {
    const { target, source, plan, header, listing, resumed, report } = this.#set;
    if (resumed?.header !== undefined) {
      const from = await chooseCheckpoint(plan, listing, (open) => source.isUntouched(open));
      if (from !== undefined && (await restoreParts(plan, from))) {
        const volume = from.volume.number;
        report({ level: 'notice', code: 'continuing-set', setKey: resumed.key, volume });
        return from;
      }
      await removeUnfinished(target, resumed, listing);
    }
    await writeStateHeader(join(plan.archiveFolder, localNames(plan).state), header);
    return undefined;
  }

  /** Writes all changes; files are read one batch ahead. */
  async #writeChanges(writer: SetWriter, counts: Counts): Promise<void> {
    const { source, stop, onProgress } = this.#set;
    const isWritten = (path: string): boolean => writer.isWritten(path);
    const changes = source.changes(counts, isWritten);
    const fetch = async (): Promise<readonly Change[] | undefined> => {
      const { value, done } = await changes.next();
      if (done === true) return undefined;
      for (const change of value) {
        if (isRead(change) && !isWritten(change.source.path)) source.request(change);
      }
      source.flush();
      return value;
    };
    let next = fetch();
    try {
      for (let batch = await next; batch !== undefined; batch = await next) {
        next = fetch();
        next.catch(() => undefined); // it comes out when it is awaited
        for (const change of batch) {
          const pending = this.#write(writer, change);
          if (pending !== undefined) await pending;
        }
        collectPiledUp();
        onProgress?.({
          files: counts.sourceFiles,
          bytes: counts.sourceFileSize,
          stored: counts.totalDestinationSizeChange,
        });
        if (stop.aborted) await writer.stopNow();
      }
    } finally {
      await next.catch(() => undefined);
      await changes.return(undefined);
    }
  }

  #write(writer: SetWriter, change: Change): Promise<unknown> | undefined {
    const path = change.kind === 'deleted' ? change.path : change.source.path;
    if (!writer.isWritten(path)) return writer.write(change);
    return change.kind === 'deleted' ? undefined : this.#set.source.noteWritten(change.source);
  }
}
