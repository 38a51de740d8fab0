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
import type { StoredObject } from '../../storage/index.js';
import { openVolumeWriter, type Encoding, type VolumeWriter } from '../../volume/index.js';
import { FileSpool, putFile } from '../spool/file-spool.js';
import type { SetFiles } from './set-files.js';
import { indexName, localNames, manifestName, signaturesName, type SetPlan } from './set-plan.js';
import { manifestEntryOf, tableOf, type VolumeRecord } from './set-state.js';

/** Signatures hardly deflate further with more work. */
const localLevel = 1;
const copyBytes = 256 * 1024;

export interface FinishOptions {
  readonly plan: SetPlan;
  readonly files: SetFiles;
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
  const { plan, files } = options;
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  await files.flush();
  await makeManifest(local(names.fileListPart), local(names.manifestReady), options);
  const copySignatures = (writer: VolumeWriter): Promise<void> =>
    copyInto(writer, local(names.signaturesPart), files.signaturesEnd);
  await allEnded([
    options.uploaded(),
    encodeInto(
      local(names.signaturesReady),
      { container: 'gz', level: localLevel },
      copySignatures,
    ),
    encodeAndPut(plan, signaturesName(plan), plan.encoding, copySignatures),
    ...(plan.writesIndex
      ? [
          encodeAndPut(plan, indexName(plan), plan.encoding, (writer) =>
            writeIndex(writer, local(names.indexPart), options),
          ),
        ]
      : []),
  ]);
  await removeSurplus(options);
  await options.beforeManifest();
  // from here on the ready files are what is left of the parts: at a part beside a whole manifest every
  // command of duplicity fails
  await rm(local(names.manifestPart), { force: true });
  await rm(local(names.signaturesPart), { force: true });
  const encoding: Encoding =
    plan.encoding.container === 'gpg' ? plan.encoding : { container: 'plain' };
  await encodeAndPut(plan, manifestName(plan), encoding, (writer) =>
    copyInto(writer, local(names.manifestReady)),
  );
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
      ...tableOf(volume),
      number: volume.number,
      fileName: volume.name,
      fileSize: volume.size,
      sha1: Buffer.from(volume.sha1, 'hex'),
      sha256: Buffer.from(volume.sha256, 'hex'),
      ...(sessionKey === undefined ? {} : { sessionKey }),
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

/** Makes a file in the temporary folder and puts it. */
export async function encodeAndPut(
  plan: SetPlan,
  name: string,
  encoding: Encoding,
  write: (writer: VolumeWriter) => Promise<void> | undefined,
): Promise<void> {
  const spool = await FileSpool.create(plan.tempFolder);
  try {
    const writer = await spool.open(encoding);
    await write(writer);
    await writer.finish();
    await putFile(plan.storage, name, spool.end());
  } finally {
    await spool.discard();
  }
}

/** Makes a local file whole or not at all. */
export async function encodeInto(
  path: string,
  encoding: Encoding,
  write: (writer: VolumeWriter) => Promise<void> | undefined,
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const writer = await openVolumeWriter(encoding, (piece) => file.appendFile(piece));
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
