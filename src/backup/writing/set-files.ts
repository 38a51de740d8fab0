/** The files of the archive dir that grow while a set is written. */
import { join } from 'node:path';
import {
  encodeSigtarHeader,
  formatFileChange,
  formatManifestHeader,
  formatManifestVolume,
  IndexEncoder,
  paddingLength,
  setKey,
  sigtarEnd,
} from '../../archive/index.js';
import type { FileChange, IndexEntry, SigtarEntry } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { checkRoom } from '../spool/check-room.js';
import { PartFile } from './part-file.js';
import { SignatureSpool } from './signature-spool.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { manifestEntryOf } from '../resume/set-state.js';
import type { Checkpoint, ManifestFields } from '../resume/set-state.js';

export class SetFiles {
  readonly #signatures: PartFile;
  readonly #manifest: PartFile;
  readonly #fileList: PartFile;
  readonly #index: PartFile;
  readonly #encoder: IndexEncoder;
  readonly #folder: string;
  readonly #begunSignature: SignatureSpool;
  /** Where the index's bytes go to: its part, and at the end to whoever packs it. */
  #indexSink: (chunk: Buffer) => void;
  #full: Promise<void> | undefined;
  fileListCount: number;
  isHidden: boolean;

  private constructor(
    plan: SetPlan,
    files: readonly [PartFile, PartFile, PartFile, PartFile],
    from: Pick<Checkpoint, 'fileListCount' | 'isHidden'> | undefined,
  ) {
    [this.#signatures, this.#manifest, this.#fileList, this.#index] = files;
    this.#folder = plan.archiveFolder;
    this.#begunSignature = new SignatureSpool(plan.archiveFolder);
    this.fileListCount = from?.fileListCount ?? 0;
    this.isHidden = from?.isHidden ?? false;
    this.#indexSink = (chunk) => {
      this.#full = this.#index.add(chunk) ?? this.#full;
    };
    const header = { setKey: setKey(plan.times), producer: plan.producer };
    this.#encoder = new IndexEncoder(header, (chunk) => {
      this.#indexSink(chunk);
    });
  }

  /**
   * Opens the files, cut to where the checkpoint has them. `keptEntries` are those that the index had then: the
   * encoder goes through them again, to the same bytes, and goes on behind them.
   */
  static async open(
    plan: SetPlan,
    from: Checkpoint | undefined,
    keptEntries: AsyncIterable<IndexEntry>,
  ): Promise<SetFiles> {
    const names = localNames(plan);
    const open = (name: string, keep = 0) => PartFile.open(join(plan.archiveFolder, name), keep);
    checkRoom(plan.archiveFolder, roomHint);
    const { lengths } = from ?? {};
    const files = new SetFiles(
      plan,
      [
        await open(names.signaturesPart, lengths?.signatures),
        await open(names.manifestPart, lengths?.manifest),
        await open(names.fileListPart, lengths?.fileList),
        await open(names.indexPart, lengths?.index),
      ],
      from,
    );
    if (from === undefined) await files.#manifest.add(formatManifestHeader(plan));
    if (from !== undefined && plan.writesIndex)
      await files.#replay(keptEntries, from.lengths.index);
    return files;
  }

  async #replay(entries: AsyncIterable<IndexEntry>, length: number): Promise<void> {
    const append = this.#indexSink;
    let replayed = 0;
    this.#indexSink = (chunk) => {
      replayed += chunk.length;
    };
    for await (const entry of entries) this.#encoder.entry(entry);
    this.#encoder.flush();
    this.#indexSink = append;
    if (replayed !== length) {
      throw new DuplifsError('DAMAGED', `"${this.#index.path}" is not what its run has written`, {
        hint: 'Delete the file; the backup is then begun anew',
      });
    }
  }

  /** Bytes that the next entry's signature begins with. */
  get begunSignatureLength(): number {
    return this.#begunSignature.length;
  }

  /** Keeps what the signature of the next entry begins with: the entry's header, which has its length, comes before. */
  async beginSignature(bytes: Buffer): Promise<void> {
    await this.#begunSignature.add(bytes);
  }

  /**
   * Adds one entry of the sigtar, of the signature what was not begun; undefined when more may come at once. The
   * signature must not change.
   */
  addSignature(entry: SigtarEntry, signature?: Uint8Array): Promise<void> | undefined {
    const full = this.#signatures.add(encodeSigtarHeader(entry));
    if (signature === undefined) return full;
    if (this.begunSignatureLength > 0) return this.#addLongSignature(signature);
    return this.#endSignature(signature, signature.length) ?? full;
  }

  async #addLongSignature(end: Uint8Array): Promise<void> {
    const length = this.begunSignatureLength + end.length;
    for await (const bytes of this.#begunSignature.take()) await this.#signatures.add(bytes);
    await this.#endSignature(end, length);
  }

  #endSignature(end: Uint8Array, length: number): Promise<void> | undefined {
    const full = this.#signatures.add(kept(end));
    const padding = paddingLength(length);
    return padding === 0 ? full : (this.#signatures.add(zeros.subarray(0, padding)) ?? full);
  }

  addIndexEntry(entry: IndexEntry): Promise<void> | undefined {
    this.#encoder.entry(entry);
    const full = this.#full;
    this.#full = undefined;
    return full;
  }

  addFileChange(change: FileChange): Promise<void> | undefined {
    this.fileListCount += 1;
    return this.#fileList.add(formatFileChange(change));
  }

  /**
   * From the next volume on duplicity's part of the manifest does not grow: seeing fewer volumes in it than lie on the
   * storage, duplicity begins the set anew. It must not go on within a delta, which it would make with other
   * bytes than those that the volumes already have of it.
   */
  hideFromDuplicity(): void {
    this.isHidden = true;
  }

  /** The record of a volume, as duplicity's own `.manifest.part` has it. */
  async addVolume(volume: ManifestFields): Promise<void> {
    if (this.isHidden) return;
    await this.#manifest.add(formatManifestVolume(manifestEntryOf(volume)));
  }

  /** Writes all that waits, and tells how long the files are. */
  async flush(): Promise<Checkpoint['lengths']> {
    checkRoom(this.#folder, roomHint);
    this.#encoder.flush();
    const files = [this.#signatures, this.#manifest, this.#fileList, this.#index];
    await Promise.all(files.map((file) => file.sync()));
    return {
      signatures: this.#signatures.length,
      manifest: this.#manifest.length,
      fileList: this.#fileList.length,
      index: this.#index.length,
    };
  }

  /** What closes the sigtar after the bytes of its part. */
  get signaturesEnd(): Buffer {
    return sigtarEnd(this.#signatures.length);
  }

  /** From now on the index's bytes go to `sink`; the part holds those before. */
  divertIndex(sink: (chunk: Buffer) => void): IndexEncoder {
    this.#indexSink = sink;
    return this.#encoder;
  }

  async close(): Promise<void> {
    const files = [this.#signatures, this.#manifest, this.#fileList, this.#index];
    await Promise.all([...files, this.#begunSignature].map((file) => file.close()));
  }
}

/** From this length on a signature has a buffer for itself. */
const longSignatureBytes = 256 * 1024;

/** Short ones are copied, for they lie in a buffer with much else, which would be held as long. */
function kept(signature: Uint8Array): Buffer {
  if (signature.length < longSignatureBytes) return Buffer.from(signature);
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length);
}

const zeros = Buffer.alloc(512);
const roomHint = 'Free some space, or choose another folder with --archive-dir';
