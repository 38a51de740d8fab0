/** One index: encoded, and put where the set is still the one that it is about. */
import { formatFileName, IndexEncoder } from '../archive/index.js';
import type { BackupSet, IndexBinding } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import type { SetRecords, SetVolume } from '../catalog/index.js';
import {
  manifestFileOf,
  putFile,
  readStoredManifest,
  TargetLock,
  withArchiveLock,
} from '../target/index.js';
import type { TargetListing } from '../target/index.js';
import type { Encoding, VolumeWriter } from '../volume/index.js';
import type { UploadOptions } from './options.js';

export interface IndexToPut extends Omit<UploadOptions, 'plan' | 'repository' | 'encodingFor'> {
  readonly stored: BackupSet;
  readonly volumes: readonly SetVolume[];
  readonly records: SetRecords;
  readonly encoding: Encoding;
  readonly binding: IndexBinding | undefined;
  /** What the target held when the set was looked at. */
  readonly listing: TargetListing;
}

/** @throws DuplifsError INCOMPLETE, DAMAGED, FILE_MISSING where the set is not what it was; LOCKED */
export async function putIndex(index: IndexToPut): Promise<{ name: string; bytes: number }> {
  const { target, stored, encoding, tempFolder, lockWaitSeconds, signal, report } = index;
  const { storage, prefixes, archiveFolder } = target;
  // one that was written with its set is replaced by one that counts as such
  const kind = stored.index[0]?.kind === 'index' ? 'index' : 'added-index';
  const { times } = stored;
  const name = formatFileName({ kind, times, container: encoding.container }, prefixes);
  const held: { lock?: TargetLock } = {};
  const beforePut = async (): Promise<void> => {
    const place = { storage, prefixes, archiveFolder };
    held.lock = await TargetLock.take({ ...place, lockWaitSeconds, stop: signal, report });
    await proveSame(index, name, await target.list({ stored: held.lock.stored, signal }));
    await held.lock.checkHeld();
  };
  const write = (writer: VolumeWriter): Promise<void> => writeIndex(index, writer);
  const put = async (): Promise<number> => {
    try {
      return await putFile({ target, name, encoding, tempFolder, write, beforePut, signal });
    } finally {
      await held.lock?.release();
    }
  };
  return { name, bytes: await withArchiveLock(archiveFolder, lockWaitSeconds, put, signal) };
}

async function writeIndex(
  { stored, volumes, records, binding, producer, listing, signal }: IndexToPut,
  writer: Pick<VolumeWriter, 'write'>,
): Promise<void> {
  let chunks: Buffer[] = [];
  const header = { setKey: stored.key, producer };
  const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
  const drain = async (): Promise<void> => {
    signal.throwIfAborted();
    const ready = chunks;
    chunks = [];
    if (ready.length > 0) await writer.write(ready);
  };
  for await (const entries of records.entries()) {
    for (const entry of entries) encoder.entry(entry);
    await drain();
  }
  for (const volume of volumes) {
    const { table, starts } = records.tableOf(volume);
    const { number, name: fileName = '', hash } = volume;
    const fileSize = listing.sizeOf(fileName) ?? 0;
    const sha1 = Buffer.from(hash?.hex ?? '', 'hex');
    encoder.volume({ number, fileName, fileSize, sha1, table }, starts);
    await drain();
  }
  if (binding !== undefined) encoder.binding(binding);
  encoder.end();
  await drain();
}

/** With the target's lock held. */
async function proveSame(
  { target, stored, volumes, listing: before, signal }: IndexToPut,
  name: string,
  listing: TargetListing,
): Promise<void> {
  const { key } = stored;
  const set = listing.collection.sets.find((one) => one.key === key && one.complete);
  if (set === undefined) throw new DuplifsError('FILE_MISSING', `Set ${key} is no longer stored`);
  if (listing.sizeOf(name) !== before.sizeOf(name)) {
    throw new DuplifsError('INCOMPLETE', `"${name}" was written by another program meanwhile`);
  }
  const manifest = await readStoredManifest(target, manifestFileOf(set), { set, signal });
  const isSame =
    manifest.volumes.length === volumes.length &&
    manifest.volumes.every(
      ({ number, hash }, at) =>
        number === volumes[at]?.number && hash?.hex === volumes[at].hash?.hex,
    );
  if (!isSame) {
    throw new DuplifsError(
      'DAMAGED',
      `The manifest of set ${key} names other volumes than those that were decoded`,
    );
  }
  for (const { name: volume = '' } of volumes) {
    if (listing.sizeOf(volume) === before.sizeOf(volume)) continue;
    throw new DuplifsError('DAMAGED', `"${volume}" is not the volume that was decoded`);
  }
}
