/**
 * Makes a set that duplicity has begun and not finished one that a run of ours can go on with
 * (docs/format/2-behaviour.md 4.2): from its two parts in the archive dir come the parts and the state that we keep.
 *
 * It goes on behind the last volume but one, as duplicity does, for the last may not have arrived whole; and only
 * where that volume ends between two files or within one that is stored as it is and was not touched since. Within a
 * delta it does not: ours would have other bytes. The volumes are not in an index, so the set gets none.
 */
import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatManifestHeader, formatManifestVolume, setKey } from '../../archive/index.js';
import type { Manifest, ManifestVolume, StoredFile } from '../../archive/index.js';
import { encodeName, replaceFile } from '../../base/index.js';
import { PathTypes } from '../../signatures/index.js';
import type { PreviousEntry } from '../../signatures/index.js';
import type { TargetListing } from '../../target/index.js';
import { noCounts } from '../statistics.js';
import { adoptSignatures } from './adopt-signatures.js';
import type { AdoptedSignatures } from './adopt-signatures.js';
import { readManifestPart } from './manifest-part.js';
import { PartFile } from '../writing/part-file.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { manifestEntryOf } from './set-state.js';
import type { Checkpoint, OpenFile, StateHeader, StateLine, VolumeRecord } from './set-state.js';

export interface AdoptOptions {
  /** Of the set: its times, and no index. */
  readonly plan: SetPlan;
  /** The first line of the state that it gets. */
  readonly header: StateHeader;
  readonly listing: TargetListing;
  /** Walks the tree before the set, in order; nothing for a full. */
  readonly previous: () => AsyncIterable<readonly PreviousEntry[]>;
}

/** False when it cannot be gone on with; nothing that duplicity needs was changed then. */
export async function adoptSet(options: AdoptOptions): Promise<boolean> {
  const { plan, listing, previous } = options;
  const manifest = await readManifestPart(plan);
  if (manifest === undefined || !isOfSource(manifest, plan)) return false;
  const volumes = recordsOf(manifest, plan, listing);
  for (let last = volumes.pop(); last !== undefined; last = volumes.pop()) {
    const openFile = await openFileAt(last, options);
    if (openFile === undefined) continue;
    const signatures = await adoptSignatures(plan, last.end.path, openFile !== null, previous);
    if (signatures === undefined) continue;
    if (!(await isStoredWhole(last, plan))) return false;
    await writeParts(options, { before: volumes, last }, openFile, signatures);
    return true;
  }
  return false;
}

function isOfSource({ hostname, localDir }: Manifest, plan: SetPlan): boolean {
  return hostname === plan.hostname && localDir === plan.localDir;
}

/** The volumes 1 to n that are noted and stored, but for the last that is stored. */
function recordsOf(
  manifest: Manifest,
  { times, encoding }: SetPlan,
  listing: TargetListing,
): VolumeRecord[] {
  const files = new Map<number, StoredFile>();
  for (const file of listing.filesOf(setKey(times))) {
    const isOurs = file.kind === 'volume' && file.container === encoding.container;
    if (isOurs) files.set(file.volumeNumber, file);
  }
  const records: VolumeRecord[] = [];
  for (const volume of manifest.volumes) {
    const file = files.get(volume.number);
    const isNext = volume.number === records.length + 1 && files.has(volume.number + 1);
    if (file === undefined || !isNext || volume.hash?.algorithm !== 'SHA1') break;
    records.push({
      number: volume.number,
      name: file.name,
      size: listing.sizeOf(file.name) ?? 0,
      sha1: volume.hash.hex,
      // what only an index would have
      container: encoding.container,
      plaintextLength: 0,
      layout: [],
      blocks: '',
      start: edge(volume.startPath, volume.startBlock),
      end: edge(volume.endPath, volume.endBlock),
    });
  }
  return records;
}

function edge(path: string, block: ManifestVolume['endBlock']): VolumeRecord['end'] {
  return block === undefined ? { path } : { path, block };
}

/** The file that the volume's end cuts: null for none, undefined for one that cannot be gone on with. */
async function openFileAt(
  { end: { path, block } }: VolumeRecord,
  { plan: { times, sourceRoot }, previous }: AdoptOptions,
): Promise<OpenFile | null | undefined> {
  if (block === undefined) return null;
  const before = new PathTypes(previous());
  const isDelta = (await before.typeOf(path).finally(() => before.close())) === 'reg';
  if (isDelta) return undefined;
  const at = path === '' ? sourceRoot : Buffer.concat([sourceRoot, slash, encodeName(path)]);
  const stats = await lstat(at).catch(() => undefined);
  if (stats?.isFile() !== true || stats.ctimeMs >= times.endSeconds * 1000) return undefined;
  const { size, mtimeMs, ctimeMs, ino } = stats;
  const written = { kind: 'snapshot', pieces: block, bytes: block * 65536, runs: [] } as const;
  return { path, ...written, size, mtimeMs, ctimeMs, inode: ino };
}

async function isStoredWhole({ name, sha1 }: VolumeRecord, { storage }: SetPlan): Promise<boolean> {
  const hash = createHash('sha1');
  for await (const chunk of storage.read(name, undefined)) hash.update(chunk);
  return hash.digest('hex') === sha1;
}

/** The volumes that are kept; the run goes on behind the last. */
interface AdoptedVolumes {
  readonly before: readonly VolumeRecord[];
  readonly last: VolumeRecord;
}

async function writeParts(
  { plan, header }: AdoptOptions,
  { before, last }: AdoptedVolumes,
  openFile: OpenFile | null,
  signatures: AdoptedSignatures,
): Promise<void> {
  const volumes = [...before, last];
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  const manifest = [formatManifestHeader(plan)];
  for (const volume of volumes) manifest.push(formatManifestVolume(manifestEntryOf(volume)));
  const lengths: Checkpoint['lengths'] = {
    signatures: await writePart(local(names.signaturesPart), [], signatures.length),
    manifest: await writePart(local(names.manifestPart), manifest),
    fileList: await writePart(local(names.fileListPart), signatures.fileList),
    index: 0,
  };
  const lines: StateLine[] = [
    header,
    ...before.map((volume) => ({ kind: 'kept-volume' as const, volume })),
  ];
  lines.push({
    kind: 'checkpoint',
    volume: last,
    position: signatures.position,
    open: openFile,
    lengths,
    counts: noCounts(),
    fileListCount: signatures.fileList.length,
  });
  for (const { number } of volumes) lines.push({ kind: 'uploaded-volume', number });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await replaceFile(local(names.state), text);
}

/** Cuts the part and adds to it; its length then. */
async function writePart(path: string, added: readonly Buffer[], keepBytes = 0): Promise<number> {
  const part = await PartFile.open(path, keepBytes);
  try {
    for (const bytes of added) await part.add(bytes);
    await part.sync();
    return part.length;
  } finally {
    await part.close();
  }
}

const slash = Buffer.from('/');
