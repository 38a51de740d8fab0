/**
 * What an unfinished set is known by in the archive dir, so that the next run goes on with it (docs/writing.md,
 * "Interrupted"): JSON lines that are only ever added. Never a session key: whoever reads this file sees no
 * more than the archive dir's manifests and signatures show.
 */
import { z } from 'zod';
import { blockTable, faultOfBlocks, fileContainer, layoutNumbers } from '../../archive/index.js';
import type { BlockTable, ManifestVolume } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { FinishedVolume } from '../writing/volume-sequence.js';

/** 2: lines have a kind, and blocks are packed as everywhere else. */
export const stateVersion = 2;

/** What the set is: the first line. A run that would write another one does not go on with it. */
const stateHeader = z.object({
  kind: z.literal('header'),
  /** Of any other than `stateVersion` only this line is read: its set is begun anew. */
  version: z.int(),
  key: z.string(),
  baseKey: z.string().nullable(),
  hostname: z.string(),
  localDir: z.string(),
  /** Who can read it, and how it is packed. */
  encoding: z.string(),
  writesIndex: z.boolean(),
  /** duplicity has begun it. */
  isAdopted: z.boolean().optional(),
  /** A full is made out of the chain of this set, by its key, and not of the source (`consolidate`). */
  madeFrom: z.string().optional(),
  producer: z.string(),
  /** When the source began to be read, in milliseconds by the real clock. */
  beganMs: z.number(),
});
export type StateHeader = z.infer<typeof stateHeader>;

const count = z.int().nonnegative();
const edge = z.object({ path: z.string(), block: count.optional() });
const run = z.object({ volume: count, offset: count, length: count, count, stride: count });
const counts = z.object({
  sourceFiles: count,
  sourceFileSize: count,
  newFiles: count,
  newFileSize: count,
  deletedFiles: count,
  changedFiles: count,
  changedFileSize: count,
  rawDeltaSize: count,
  totalDestinationSizeChange: count,
  errors: count,
  movedFiles: count.default(0),
});

/** A file of which a volume's end has cut the data. */
const openFile = z.object({
  path: z.string(),
  kind: z.enum(['snapshot', 'diff']),
  /** Pieces and bytes of it that are in volumes. */
  pieces: count,
  bytes: count,
  runs: z.array(run).readonly(),
  /** As it was when it was read: if it is another one now, it is begun again. */
  size: count,
  mtimeMs: z.number(),
  ctimeMs: z.number(),
  inode: count,
});
export type OpenFile = z.infer<typeof openFile>;

/** A volume that lies on the storage, without what must not lie on disk. */
export const volumeRecordSchema = z.object({
  number: count,
  name: z.string(),
  size: count,
  sha1: z.string(),
  container: z.enum(['gpg', 'gz', 'plain']),
  plaintextLength: count,
  layout: z.array(count),
  blocks: z.string(),
  start: edge,
  end: edge,
});
export type VolumeRecord = z.infer<typeof volumeRecordSchema>;
export type ManifestFields = Pick<VolumeRecord, 'number' | 'start' | 'end' | 'sha1'>;

/** A volume of a set that duplicity has begun: it counts, and nothing can go on behind it. */
const keptVolume = z.object({ kind: z.literal('kept-volume'), volume: volumeRecordSchema });

/** Where the writing of a set can go on: after a volume. */
const checkpoint = z.object({
  kind: z.literal('checkpoint'),
  volume: volumeRecordSchema,
  /** The last path that is wholly in volumes up to this one; null when there is none. */
  position: z.string().nullable(),
  open: openFile.nullable(),
  /** How long the part files were. */
  lengths: z.object({ signatures: count, index: count, manifest: count, fileList: count }),
  fileListCount: count,
  counts,
  /** Whether duplicity is kept from going on with the set (SetFiles.hideFromDuplicity). */
  isHidden: z.boolean().optional(),
});
export type Checkpoint = z.infer<typeof checkpoint>;

/** The volume with this number lies on the storage. */
const uploadedVolume = z.object({ kind: z.literal('uploaded-volume'), number: count });

const stateLine = z.discriminatedUnion('kind', [
  stateHeader,
  checkpoint,
  keptVolume,
  uploadedVolume,
]);
export type StateLine = z.infer<typeof stateLine>;

/** The first line of a state of any version; before version 2 the lines had no kind. */
export function parseStateHeader(text: string): StateHeader | undefined {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null) return undefined;
    return stateHeader.safeParse({ kind: 'header', ...found }).data;
  } catch {
    return undefined;
  }
}

/** Undefined for what is no line of a state, such as one that was cut off when its run was killed. */
export function parseStateLine(text: string): StateLine | undefined {
  try {
    return stateLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The volume's record without what must not lie on disk. */
export function recordOf({ number, name, file, volume, start, end }: FinishedVolume): VolumeRecord {
  const { table } = volume;
  return {
    number,
    name,
    size: file.size,
    start,
    end,
    sha1: file.sha1.toString('hex'),
    container: fileContainer(table),
    plaintextLength: table.plaintextLength,
    layout: layoutNumbers(table),
    blocks: table.blocks.toString('base64'),
  };
}

/** The volume as the manifest has it. */
export function manifestEntryOf({ number, start, end, sha1 }: ManifestFields): ManifestVolume {
  return {
    number,
    startPath: start.path,
    startBlock: start.block,
    endPath: end.path,
    endBlock: end.block,
    hash: { algorithm: 'SHA1', hex: sha1 },
  };
}

/** The table of a recorded volume; its session key is not known any more. */
export function tableOf(record: VolumeRecord): BlockTable {
  const blocks = Buffer.from(record.blocks, 'base64');
  const fault = faultOfBlocks(blocks, record.plaintextLength);
  if (fault !== undefined) {
    throw new DuplifsError('DAMAGED', `The noted blocks of "${record.name}" ${fault}`);
  }
  return blockTable({ ...record, blocks });
}
