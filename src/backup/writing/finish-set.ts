/**
 * The files beside the volumes: index, sigtar, and last the manifest, which makes the set complete
 * (docs/design.md, "Order of writes"). Nothing local is lost in between: what the archive dir is to keep is made
 * before the manifest is put and gets its name after it.
 */
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatFileListHeader,
  formatManifestHeader,
  formatManifestVolume,
  parseFileName,
  setKey,
} from '../../archive/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import { openFileWriter } from '../../volume/index.js';
import type { Encoding, VolumeWriter } from '../../volume/index.js';
import { putFile } from '../spool/file-spool.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import type { SetFiles } from './set-files.js';
import { indexName, localNames, manifestName, signaturesName } from './set-plan.js';
import type { SetPlan } from './set-plan.js';
import { manifestEntryOf, tableOf } from './set-state.js';
import type { VolumeRecord } from './set-state.js';

/** Signatures hardly deflate further with more work. */
const localLevel = 1;
const copyBytes = 256 * 1024;

export interface FinishOptions {
  readonly plan: SetPlan;
  readonly files: SetFiles;
  readonly maker: VolumeMaker;
  /** The records of all volumes, in order. */
  readonly volumes: () => AsyncIterable<VolumeRecord>;
  readonly lastVolume: number;
  readonly sessionKeys: ReadonlyMap<number, { readonly algorithm: number; readonly key: Buffer }>;
  /** What the storage held when the run began. */
  readonly stored: readonly StoredObject[];
  /** Waits until all volumes lie on the storage. */
  readonly uploaded: () => Promise<void>;
  /** Fails when the set must not be completed. */
  readonly beforeManifest: () => Promise<void>;
}

/** Puts what completes the set. */
export async function finishSet(options: FinishOptions): Promise<void> {
  const { plan, files, maker } = options;
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  await files.flush();
  await makeManifest(local(names.fileListPart), local(names.manifestReady), options);
  const copySignatures = (writer: VolumeWriter): Promise<void> =>
    copyInto(writer, local(names.signaturesPart), files.signaturesEnd);
  const beside: NewFile[] = [
    { name: signaturesName(plan), encoding: plan.encoding, write: copySignatures },
  ];
  if (plan.writesIndex) {
    const write = (writer: VolumeWriter) => writeIndex(writer, local(names.indexPart), options);
    beside.push({ name: indexName(plan), encoding: plan.encoding, write });
  }
  await allEnded([
    options.uploaded(),
    gzipInto(local(names.signaturesReady), localLevel, copySignatures),
    makeAndPut(maker, plan.storage, beside),
  ]);
  await removeSurplus(options);
  await options.beforeManifest();
  // from here on the ready files are what is left of the parts: at a part beside a whole manifest every
  // command of duplicity fails
  await rm(local(names.manifestPart), { force: true });
  await rm(local(names.signaturesPart), { force: true });
  const encoding: Encoding =
    plan.encoding.container === 'gpg' ? plan.encoding : { container: 'plain' };
  const write = (writer: VolumeWriter) => copyInto(writer, local(names.manifestReady));
  await makeAndPut(maker, plan.storage, [{ name: manifestName(plan), encoding, write }]);
}

/** Gives the local files of a set that is complete their names, and removes what was kept to go on with it. */
export async function settleLocal(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): Promise<void> {
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  await renameIfThere(local(names.signaturesReady), local(names.signatures));
  await renameIfThere(local(names.manifestReady), local(names.manifest));
  await removeParts(plan);
}

/** Removes everything that the archive dir holds of an unfinished set. */
export async function removeParts(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): Promise<void> {
  const { manifestPart, signaturesPart, manifestReady, signaturesReady, ...own } = localNames(plan);
  const gone = [manifestPart, signaturesPart, manifestReady, signaturesReady];
  gone.push(own.indexPart, own.fileListPart, own.state);
  gone.push(`${signaturesReady}.new`, `${own.state}.new`);
  for (const name of gone) await rm(join(plan.archiveFolder, name), { force: true });
}

/** Makes the manifest of what is recorded: the part may lack volumes (SetFiles.hideFromDuplicity). */
async function makeManifest(
  fileList: string,
  ready: string,
  { plan, files, volumes }: FinishOptions,
): Promise<void> {
  const file = await open(ready, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.appendFile(formatManifestHeader(plan));
    for await (const volume of volumes())
      await file.appendFile(formatManifestVolume(manifestEntryOf(volume)));
    // "Filelist 0" is what duplicity writes when it is not to list them
    await file.appendFile(formatFileListHeader(plan.listsFiles ? files.fileListCount : 0));
    for await (const chunk of createReadStream(fileList)) await file.appendFile(chunk as Buffer);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeIndex(
  writer: VolumeWriter,
  part: string,
  { files, volumes, sessionKeys }: FinishOptions,
): Promise<void> {
  await copyInto(writer, part);
  let chunks: Buffer[] = [];
  const encoder = files.divertIndex((chunk) => chunks.push(chunk));
  const drain = async (): Promise<void> => {
    const ready = chunks;
    chunks = [];
    await writer.write(ready);
  };
  for await (const volume of volumes()) {
    const sessionKey = sessionKeys.get(volume.number);
    encoder.volume({
      table: tableOf(volume),
      number: volume.number,
      fileName: volume.name,
      fileSize: volume.size,
      sha1: Buffer.from(volume.sha1, 'hex'),
      sessionKey,
    });
    await drain();
  }
  encoder.end();
  await drain();
}

/** Volumes that an earlier, longer attempt at this set has left. */
async function removeSurplus({ plan, stored, lastVolume }: FinishOptions): Promise<void> {
  const { prefixes, times, storage } = plan;
  const surplus = stored.filter(({ name }) => {
    const file = parseFileName(name, { prefixes });
    return (
      file?.kind === 'volume' &&
      setKey(file.times) === setKey(times) &&
      file.volumeNumber > lastVolume
    );
  });
  if (surplus.length > 0) await storage.remove(surplus.map(({ name }) => name));
}

/** A file that is to be made and put. */
export interface NewFile {
  readonly name: string;
  readonly encoding: Encoding;
  readonly write: (writer: VolumeWriter) => Promise<void> | undefined;
}

/** Makes the files one after the other, and puts each while the next is made. */
export async function makeAndPut(
  maker: VolumeMaker,
  storage: Storage,
  files: readonly NewFile[],
): Promise<void> {
  const puts: Promise<void>[] = [];
  try {
    for (const { name, encoding, write } of files) {
      const spooled = await maker.make(encoding, write);
      const put = putFile(storage, name, spooled).finally(() => spooled.file.close());
      put.catch(() => undefined); // it comes out at the end
      puts.push(put);
    }
  } finally {
    await Promise.allSettled(puts);
  }
  await Promise.all(puts);
}

/** Makes a local .gz file whole or not at all. */
export async function gzipInto(
  path: string,
  level: number,
  write: (writer: VolumeWriter) => Promise<void> | undefined,
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const writer = openFileWriter({ container: 'gz', level }, (piece) => file.appendFile(piece));
    await write(writer);
    await writer.finish();
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Waits until all have ended, and only then fails with what the first of them failed with. */
async function allEnded(tasks: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(tasks);
  await Promise.all(tasks);
}

/** Copies a file of any size through one buffer: a writer has taken the bytes when `write` returns. */
async function copyInto(writer: VolumeWriter, path: string, end?: Buffer): Promise<void> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(copyBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, copyBytes, null);
      if (bytesRead === 0) break;
      await writer.write([buffer.subarray(0, bytesRead)]);
    }
  } finally {
    await file.close();
  }
  if (end !== undefined) await writer.write([end]);
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
