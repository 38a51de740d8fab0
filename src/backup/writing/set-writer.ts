/**
 * Writes a set: each change becomes entries of the volumes, of the sigtar, of the index and of the file list, in
 * one pass over the source. After each volume there is a checkpoint from which the next run can go on.
 */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeDifftarHeader } from '../../archive/index.js';
import type { EntryMetadata } from '../../archive/index.js';
import { comparePaths, DuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { Change } from '../compare/changes.js';
import type { BackupEvent } from '../events.js';
import type { ReadResult } from '../reading/read-request.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import type { WalkEntry } from '../../source/index.js';
import type { Counts } from '../statistics.js';
import { FileWriter } from './file-writer.js';
import type { SetFiles } from './set-files.js';
import type { ReadChange, SetSource } from './set-source.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { recordOf } from '../resume/set-state.js';
import type { Checkpoint, OpenFile, StateLine } from '../resume/set-state.js';
import { Uploads } from './uploads.js';
import { VolumeSequence } from './volume-sequence.js';
import type { FinishedVolume, VolumeEdge } from './volume-sequence.js';

export interface SetWriterOptions {
  readonly plan: SetPlan;
  readonly files: SetFiles;
  readonly source: Pick<SetSource, 'reads' | 'ownerOf' | 'tellRead' | 'noteStored'>;
  readonly maker: VolumeMaker;
  readonly counts: Counts;
  readonly from: Checkpoint | undefined;
  /** Session keys by volume: in memory only. */
  readonly sessionKeys: Map<number, { readonly algorithm: number; readonly key: Buffer }>;
  /** Once it is aborted, the volume in the making is finished and the run ends. */
  readonly stop: AbortSignal;
  readonly report: Report<BackupEvent>;
}

export class SetWriter {
  readonly #options: SetWriterOptions;
  readonly #volumes: VolumeSequence;
  readonly #uploads: Uploads;
  readonly #statePath: string;
  /** Up to this path an earlier run has written everything. */
  readonly #resumeAfter: string | undefined;
  #resumedFile: OpenFile | undefined;
  #position: string | null;
  #openFile: OpenFile | null = null;
  #changed = false;

  constructor(options: SetWriterOptions) {
    const { plan, from, report } = options;
    this.#options = options;
    this.#statePath = join(plan.archiveFolder, localNames(plan).state);
    this.#resumeAfter = from?.position ?? undefined;
    this.#resumedFile = from?.open ?? undefined;
    this.#position = from?.position ?? null;
    const onUploaded = (volume: FinishedVolume) => this.#uploaded(volume);
    this.#uploads = new Uploads({ storage: plan.storage, onUploaded, report });
    const firstNumber = (from?.volume.number ?? 0) + 1;
    this.#volumes = new VolumeSequence(plan, options.maker, firstNumber, (volume) =>
      this.#finished(volume),
    );
  }

  /** Whether the set holds anything. */
  get hasChanges(): boolean {
    return this.#changed || this.#options.from !== undefined;
  }

  /** Whether an earlier run has dealt with the path. */
  isWritten(path: string): boolean {
    return this.#resumeAfter !== undefined && comparePaths(path, this.#resumeAfter) <= 0;
  }

  /**
   * Writes a change; those of files in the order in which the reader was asked for them. Undefined when the next may
   * come at once.
   */
  write(change: Change): Promise<unknown> | undefined {
    switch (change.kind) {
      case 'unchanged':
        this.#options.counts.sourceFiles += 1;
        this.#options.counts.sourceFileSize += change.source.size;
        return this.#options.source.noteStored(change.source);
      case 'deleted':
        return this.#writeDeleted(change.path, change.type === 'reg');
      case 'snapshot':
        return change.source.type === 'reg'
          ? this.#writeFile(change)
          : this.#writeOther(change.source);
      case 'diff':
        return this.#writeFile(change);
    }
  }

  /** Ends the volume in the making, waits for the uploads, and throws the reason to stop. */
  async stopNow(): Promise<never> {
    await this.#volumes.cut();
    await this.#uploads.end();
    throw this.#options.stop.reason ?? new DuplifsError('INTERRUPTED', 'Interrupted');
  }

  /** Ends the last volume; `uploaded` waits for it. */
  async finish(): Promise<void> {
    await this.#volumes.finish();
  }

  /** Waits until all volumes lie on the storage. */
  async uploaded(): Promise<void> {
    await this.#uploads.end();
  }

  /** Waits for the uploads, whatever comes of them. */
  async endUploads(): Promise<void> {
    await this.#uploads.end().catch(() => undefined);
  }

  async #writeDeleted(path: string, isFile: boolean): Promise<void> {
    const { files, counts, plan, report } = this.#options;
    const entry = { kind: 'deleted', path } as const;
    await this.#makeRoom({ path }, undefined);
    await this.#volumes.add({ path }, encodeDifftarHeader(entry)).taken;
    await files.addSignature(entry);
    if (plan.writesIndex) await files.addIndexEntry(entry);
    if (isFile && plan.listsFiles) await files.addFileChange({ change: 'deleted', path });
    counts.deletedFiles += 1;
    report({ level: 'info', code: 'path-deleted', path });
    this.#done(path);
  }

  async #writeOther(source: WalkEntry): Promise<void> {
    const { files, counts, plan, report } = this.#options;
    const metadata = this.#metadataOf(source);
    const { path } = source;
    await this.#makeRoom({ path }, undefined);
    const entry = { ...metadata, kind: 'snapshot', dataLength: 0, piece: undefined } as const;
    await this.#volumes.add({ path }, encodeDifftarHeader(entry)).taken;
    await files.addSignature({ ...metadata, kind: 'snapshot', signatureLength: 0 });
    if (plan.writesIndex) {
      await files.addIndexEntry({ ...metadata, kind: 'snapshot', size: 0, runs: [] });
    }
    counts.sourceFiles += 1;
    counts.sourceFileSize += source.size;
    counts.newFiles += 1;
    counts.newFileSize += source.size;
    report({ level: 'info', code: 'path-added', path });
    this.#done(path);
  }

  async #writeFile(change: ReadChange): Promise<void> {
    const { counts, files, source: origin } = this.#options;
    const { kind, source } = change;
    const resumed = this.#resumedFile?.path === source.path ? this.#resumedFile : undefined;
    this.#resumedFile = undefined;
    const metadata = this.#metadataOf(source);
    const file = new FileWriter({
      volumes: this.#volumes,
      metadata,
      kind,
      makeRoom: (edge, open) => {
        this.#openFile = open.pieces === 0 ? null : openFileOf(source, open);
        return this.#makeRoom(edge, open);
      },
      resumed,
    });
    for (;;) {
      const event = origin.reads.ready() ?? (await origin.reads.next());
      if (event.kind !== 'end') {
        const { bytes } = event;
        const taking = event.kind === 'data' ? file.add(bytes) : files.beginSignature(bytes);
        if (taking !== undefined) await taking;
        continue;
      }
      const { result } = event;
      origin.tellRead(source, result);
      counts.sourceFiles += 1;
      if (result.failure?.at === 'open') return;
      if (file.pieces === 0 && isUnchanged(change, result)) {
        counts.sourceFileSize += result.bytes;
        if (!result.changed) await origin.noteStored(source);
        return;
      }
      const ending = file.end();
      if (ending !== undefined) await ending;
      await this.#recordFile(change, metadata, file, result);
      return;
    }
  }

  async #recordFile(
    change: ReadChange,
    metadata: EntryMetadata,
    file: FileWriter,
    { bytes, signature, failure, changed }: ReadResult,
  ): Promise<void> {
    const { files, counts, plan, report } = this.#options;
    const { source } = change;
    const { path } = source;
    const { kind } = file;
    const mtimeSeconds = signedTimeOf(change, metadata, failure);
    // field by field: spreading the metadata for each file costs more than encoding it
    const { type, mode, uid, gid, userName, groupName } = metadata;
    const signatureLength = files.begunSignatureLength + signature.length;
    const full = files.addSignature(
      {
        kind: 'signature',
        path,
        type,
        mode,
        uid,
        gid,
        userName,
        groupName,
        mtimeSeconds,
        signatureLength,
      },
      signature,
    );
    if (full !== undefined) await full;
    if (plan.writesIndex) {
      const added = files.addIndexEntry({
        kind,
        path,
        type,
        mode,
        uid,
        gid,
        userName,
        groupName,
        mtimeSeconds: metadata.mtimeSeconds,
        size: bytes,
        runs: file.runs,
        cut: failure?.code,
        deltaMap: file.deltaMap(bytes),
      });
      if (added !== undefined) await added;
    }
    const listed = plan.listsFiles
      ? files.addFileChange({ change: kind === 'snapshot' ? 'new' : 'changed', path })
      : undefined;
    if (listed !== undefined) await listed;
    report({ level: 'info', code: kind === 'snapshot' ? 'path-added' : 'path-changed', path });
    countFile(counts, file, bytes);
    this.#openFile = null;
    this.#done(path);
    const isWhole = failure === undefined && !changed;
    const noted = isWhole ? this.#options.source.noteStored(source) : undefined;
    if (noted !== undefined) await noted;
  }

  #metadataOf(source: WalkEntry): EntryMetadata {
    const { report } = this.#options;
    const { path, type, mode, uid, gid, linkTarget, device } = source;
    if (source.mtimeSeconds < 0) {
      report({ level: 'warning', code: 'time-before-1970', path });
    }
    const { userName, groupName } = this.#options.source.ownerOf(source);
    const mtimeSeconds = Math.max(0, source.mtimeSeconds);
    const common = { path, type, mode, uid, gid, userName, groupName, mtimeSeconds };
    if (linkTarget !== undefined) return { ...common, linkTarget };
    return device === undefined ? common : { ...common, device };
  }

  #done(path: string): void {
    this.#position = path;
    this.#changed = true;
  }

  /** Ends the volume when it is full or the run is to stop, and begins one; undefined where there is nothing to do. */
  #makeRoom(edge: VolumeEdge, open: FileWriter | undefined): Promise<void> | undefined {
    if (open === undefined || open.pieces === 0) this.#openFile = null;
    const { isBegun, isNearlyFull } = this.#volumes;
    const hasRoom = isBegun && !isNearlyFull && !this.#options.stop.aborted;
    return hasRoom ? undefined : this.#beginVolume(edge);
  }

  async #beginVolume(edge: VolumeEdge): Promise<void> {
    if (this.#options.stop.aborted) await this.stopNow();
    if (await this.#volumes.isFull()) await this.#volumes.cut();
    if (!this.#volumes.isBegun) await this.#volumes.begin(edge);
  }

  async #finished(volume: FinishedVolume): Promise<void> {
    const { files, counts, sessionKeys } = this.#options;
    const { sessionKey } = volume.volume;
    if (sessionKey !== undefined) sessionKeys.set(volume.number, sessionKey);
    if (this.#openFile?.kind === 'diff') files.hideFromDuplicity();
    const record = recordOf(volume);
    await files.addVolume(record);
    counts.totalDestinationSizeChange += volume.file.size;
    await this.#record({
      kind: 'checkpoint',
      volume: record,
      position: this.#position,
      open: this.#openFile && { ...this.#openFile, runs: [...this.#openFile.runs] },
      lengths: await files.flush(),
      fileListCount: files.fileListCount,
      counts: { ...counts },
      isHidden: files.isHidden,
    });
    await this.#uploads.add(volume);
  }

  async #uploaded(volume: FinishedVolume): Promise<void> {
    await this.#record({ kind: 'uploaded-volume', number: volume.number });
  }

  async #record(line: StateLine): Promise<void> {
    await appendFile(this.#statePath, `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
  }
}

/** Whether a file that was read only to be sure is the one that the set before has. */
function isUnchanged(change: ReadChange, { signature, failure }: ReadResult): boolean {
  if (change.kind !== 'diff' || !change.suspected) return false;
  return signature.length > 0 && change.base.equals(signature) && failure === undefined;
}

/** The time that the signatures tell: what could not be read to its end is read again next time, for no file has this one. */
function signedTimeOf(
  change: ReadChange,
  { mtimeSeconds }: EntryMetadata,
  failure: ReadResult['failure'],
): number {
  const signed = change.kind === 'snapshot' ? change.signedSeconds : undefined;
  if (signed !== undefined && signed !== mtimeSeconds) return signed;
  return failure === undefined ? mtimeSeconds : mtimeSeconds === 1 ? 2 : 1;
}

function countFile(counts: Counts, { kind, bytes: deltaBytes }: FileWriter, bytes: number): void {
  counts.sourceFileSize += bytes;
  counts.rawDeltaSize += deltaBytes;
  if (kind === 'snapshot') {
    counts.newFiles += 1;
    counts.newFileSize += bytes;
  } else {
    counts.changedFiles += 1;
    counts.changedFileSize += bytes;
  }
}

function openFileOf(source: WalkEntry, file: FileWriter): OpenFile {
  const { path, size, mtimeMs, ctimeMs, inode } = source;
  const { kind, pieces, runs } = file;
  return { path, kind, pieces, bytes: pieces * 65536, runs, size, mtimeMs, ctimeMs, inode };
}
