/** Writes a set: finds the changes, has the changed files read, and completes what was written. */
import { join } from 'node:path';
import { setKey } from '../../archive/index.js';
import { NameTable } from '../../base/index.js';
import { blockLengthFor } from '../../librsync/index.js';
import { sourcePath } from '../../source/index.js';
import { VolumeSizes } from '../../target/index.js';
import type { ChainBase, TargetListing, TargetLock } from '../../target/index.js';
import { collectPiledUp } from '../../threads/index.js';
import type { Change } from '../compare/changes.js';
import { seenFileName, SeenWriter } from '../compare/seen-file.js';
import { sourceChanges } from '../compare/source-changes.js';
import type { BackupOptions, Walk } from '../options.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { SourceReader } from '../reading/source-reader.js';
import {
  chooseCheckpoint,
  keptIndexEntries,
  recordedVolumes,
  restoreParts,
  writeStateHeader,
} from '../resume/checkpoints.js';
import { headerOf } from '../resume/set-to-continue.js';
import type { Checkpoint } from '../resume/set-state.js';
import { removeUnfinished } from '../resume/unfinished-sets.js';
import type { UnfinishedSet } from '../resume/unfinished-sets.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import { noCounts } from '../statistics.js';
import type { Counts } from '../statistics.js';
import { finishSet } from './finish-set.js';
import { giveFinalNames, removeParts } from './local-files.js';
import { SetFiles } from './set-files.js';
import { SetWriter } from './set-writer.js';

export interface SetToWrite {
  readonly options: BackupOptions;
  readonly walk: Walk;
  readonly plan: SetPlan;
  readonly base: ChainBase | undefined;
  /** What the target held when the run began. */
  readonly listing: TargetListing;
  /** The unfinished set that the run continues. */
  readonly resumed: UnfinishedSet | undefined;
  readonly maker: VolumeMaker;
  readonly lock: TargetLock;
}

export interface WrittenSet {
  readonly counts: Counts;
  /** False where nothing had changed and so no set was to be written. */
  readonly wasWritten: boolean;
}

export async function writeSet(set: SetToWrite): Promise<WrittenSet> {
  const reader = new SourceReader();
  try {
    return await new SetRun(set, reader).run();
  } finally {
    await reader.close();
  }
}

/** One run over the source. */
class SetRun {
  readonly #set: SetToWrite;
  readonly #reader: SourceReader;

  constructor(set: SetToWrite, reader: SourceReader) {
    this.#set = set;
    this.#reader = reader;
  }

  async run(): Promise<WrittenSet> {
    const { options, plan, base, resumed, maker } = this.#set;
    if (base === undefined) this.#reader.start();
    const from = await this.#checkpoint();
    const beganMs = resumed?.header?.beganMs ?? Date.now();
    const counts: Counts = from === undefined ? noCounts() : { ...from.counts };
    const files = await SetFiles.open(plan, from, keptIndexEntries(plan, from));
    const seenPath = join(plan.archiveFolder, seenFileName);
    const seen = new SeenWriter(seenPath, setKey(plan.times), beganMs);
    const sessionKeys = new Map<number, { algorithm: number; key: Buffer }>();
    const writer = new SetWriter({
      plan,
      files,
      counts,
      from,
      sessionKeys,
      maker,
      reader: this.#reader,
      users: new NameTable('passwd'),
      groups: new NameTable('group'),
      stop: options.stop,
      report: options.report,
      onStored: (source) => (source.type === 'reg' ? seen.add(source) : undefined),
    });
    try {
      await this.#writeChanges(writer, counts, { seen, beganMs });
      if (options.skipIfNoChange && base !== undefined && !writer.hasChanges) {
        options.report({ level: 'notice', code: 'nothing-changed' });
        await files.close();
        await removeParts(plan);
        return { counts, wasWritten: false };
      }
      await this.#complete(writer, files, sessionKeys, seen);
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
    seen: SeenWriter,
  ): Promise<void> {
    const { plan, listing, maker, lock } = this.#set;
    await this.#reader.close(); // what it holds is wanted for what follows
    await writer.finish();
    await seen.end();
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
    await seen.commit();
    await giveFinalNames(plan);
    const known = await VolumeSizes.open(plan.archiveFolder);
    known.put(setKey(plan.times), sizes);
    await known.save(listing.wholeKeys, setKey(plan.times));
  }

  /** Where to go on; also begins the state of a new set. */
  async #checkpoint(): Promise<Checkpoint | undefined> {
    const { options, plan, base, listing, resumed } = this.#set;
    if (resumed?.header !== undefined) {
      const from = await chooseCheckpoint(plan, listing);
      if (from !== undefined && (await restoreParts(plan, from))) {
        const volume = from.volume.number;
        options.report({ level: 'notice', code: 'continuing-set', setKey: resumed.key, volume });
        return from;
      }
      await removeUnfinished(options.target, resumed, listing);
    }
    const header = headerOf(options, base, setKey(plan.times));
    await writeStateHeader(join(plan.archiveFolder, localNames(plan).state), header);
    return undefined;
  }

  /** Writes all changes; files are read one batch ahead. */
  async #writeChanges(
    writer: SetWriter,
    counts: Counts,
    { seen, beganMs }: { readonly seen: SeenWriter; readonly beganMs: number },
  ): Promise<void> {
    const { onProgress, stop } = this.#set.options;
    const changes = sourceChanges(this.#set, counts);
    // what duplicity took for unchanged may be another content
    const isRemembered = this.#set.resumed?.header?.isAdopted !== true;
    const fetch = async (): Promise<Change[] | undefined> => {
      const { value, done } = await changes.next();
      if (done === true) return undefined;
      for (const change of value) {
        if (isRead(change) && !writer.isWritten(change.source.path)) this.#request(change);
      }
      this.#reader.flush();
      return value;
    };
    let next = fetch();
    try {
      for (let batch = await next; batch !== undefined; batch = await next) {
        next = fetch();
        next.catch(() => undefined); // it comes out when it is awaited
        for (const change of batch) {
          const path = change.kind === 'deleted' ? change.path : change.source.path;
          if (!writer.isWritten(path)) {
            const pending = writer.write(change);
            if (pending !== undefined) await pending;
          } else if (isRemembered && change.kind !== 'deleted' && change.source.ctimeMs < beganMs) {
            if (change.source.type === 'reg') await seen.add(change.source);
          }
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

  #request(change: ReadChange): void {
    const { maxBlockLength, followsLinks } = this.#set.plan;
    const { path, size } = change.source;
    this.#reader.request({
      path: sourcePath(this.#set.options.source, path),
      blockLength: blockLengthFor(size, maxBlockLength),
      follow: followsLinks,
      base: change.kind === 'diff' ? change.base : undefined,
    });
  }
}

/** A change for which a file is read. */
type ReadChange = Extract<Change, { kind: 'snapshot' | 'diff' }>;

function isRead(change: Change): change is ReadChange {
  return change.kind === 'diff' || (change.kind === 'snapshot' && change.source.type === 'reg');
}
