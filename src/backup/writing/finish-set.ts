/**
 * The files beside the volumes: index, sigtar, and last the manifest, which makes the set complete
 * (docs/design.md, "Order of writes"). Nothing local is lost in between: what the archive dir is to keep is made
 * before the manifest is put and gets its name after it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatFileListHeader,
  formatManifestHeader,
  formatManifestVolume,
  setKey,
} from '../../archive/index.js';
import { putInOrder, removeSetFiles } from '../../target/index.js';
import type { TargetListing } from '../../target/index.js';
import type { Encoding, VolumeWriter } from '../../volume/index.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import { copyInto, gzipInto, makeAndPut } from './make-and-put.js';
import type { NewFile } from './make-and-put.js';
import type { SetFiles } from './set-files.js';
import { indexName, localNames, manifestName, signaturesName } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { manifestEntryOf, tableOf } from '../resume/set-state.js';
import type { VolumeRecord } from '../resume/set-state.js';

/** Signatures hardly deflate further with more work. */
const localLevel = 1;

export interface FinishOptions {
  readonly plan: SetPlan;
  readonly files: SetFiles;
  readonly maker: VolumeMaker;
  /** The records of all volumes, in order. */
  readonly volumes: () => AsyncIterable<VolumeRecord>;
  readonly lastVolume: number;
  readonly sessionKeys: ReadonlyMap<number, { readonly algorithm: number; readonly key: Buffer }>;
  /** What the target held when the run began. */
  readonly stored: TargetListing;
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
  const copySignatures = (writer: Pick<VolumeWriter, 'write'>): Promise<void> =>
    copyInto(writer, local(names.signaturesPart), files.signaturesEnd);
  const beside: NewFile[] = [
    { name: signaturesName(plan), encoding: plan.encoding, write: copySignatures },
  ];
  if (plan.writesIndex) {
    const write = async (writer: VolumeWriter): Promise<void> => {
      const signaturesDigest = await digestOf(copySignatures);
      await writeIndex(writer, local(names.indexPart), { ...options, signaturesDigest });
    };
    beside.push({ name: indexName(plan), encoding: plan.encoding, write });
  }
  await putInOrder({
    parts: [
      options.uploaded(),
      gzipInto(local(names.signaturesReady), localLevel, copySignatures),
      makeAndPut(maker, plan.storage, beside),
    ],
    beforeManifest: async () => {
      await removeSurplus(options);
      await options.beforeManifest();
    },
    putManifest: () => putManifest(options),
  });
}

/** From here on the ready files are what is left of the parts. */
async function putManifest({ plan, maker }: FinishOptions): Promise<void> {
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  // at a part beside a whole manifest every command of duplicity fails
  await rm(local(names.manifestPart), { force: true });
  await rm(local(names.signaturesPart), { force: true });
  const encoding: Encoding =
    plan.encoding.container === 'gpg' ? plan.encoding : { container: 'plain' };
  const write = (writer: VolumeWriter) => copyInto(writer, local(names.manifestReady));
  await makeAndPut(maker, plan.storage, [{ name: manifestName(plan), encoding, write }]);
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

/** SHA-256 of what is written. */
async function digestOf(
  write: (writer: Pick<VolumeWriter, 'write'>) => Promise<void>,
): Promise<Buffer> {
  const digest = createHash('sha256');
  await write({
    write: (chunks) => {
      for (const chunk of chunks) digest.update(chunk);
      return Promise.resolve();
    },
  });
  return digest.digest();
}

async function writeIndex(
  writer: VolumeWriter,
  part: string,
  {
    plan,
    files,
    volumes,
    sessionKeys,
    signaturesDigest,
  }: FinishOptions & { readonly signaturesDigest: Buffer },
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
  encoder.binding({ ...plan.bound, signaturesDigest });
  encoder.end();
  await drain();
}

/** Volumes that an earlier, longer attempt at this set has left. */
async function removeSurplus({ plan, stored, lastVolume }: FinishOptions): Promise<void> {
  const surplus = stored
    .filesOf(setKey(plan.times))
    .filter(({ kind, volumeNumber }) => kind === 'volume' && volumeNumber > lastVolume);
  await removeSetFiles(plan.storage, surplus);
}
