/** The volumes of a set, decoded, verified, and written anew for others; small ones joined where that is asked for. */
import { formatFileName, volumeEnd } from '../archive/index.js';
import type { ManifestVolume } from '../archive/index.js';
import { putFile, recordOf } from '../backup/index.js';
import type { FinishedVolume, VolumeMaker } from '../backup/index.js';
import { DuplifsError } from '../base/index.js';
import { decodeFile } from '../volume/index.js';
import { volumeFile } from './checked-set.js';
import type { CheckedSet } from './checked-set.js';
import { copyFailure, hasFile } from './copy-file.js';
import type { CopyRun } from './copy-set.js';
import { groupVolumes } from './group-volumes.js';
import type { VolumeGroup } from './group-volumes.js';
import type { Rewriting } from './options.js';
import type { RewriteState, RewrittenVolume } from './rewrite-state.js';
import { TarEntries } from './tar-entries.js';

export interface VolumesRewrite {
  readonly run: CopyRun;
  readonly checked: CheckedSet;
  readonly rewriting: Rewriting;
  readonly maker: VolumeMaker;
  readonly state: RewriteState;
}

export interface RewrittenVolumes {
  readonly volumes: readonly (RewrittenVolume & { readonly made: readonly number[] })[];
  /** Of those that this run has made. */
  readonly sessionKeys: ReadonlyMap<number, { readonly algorithm: number; readonly key: Buffer }>;
  readonly putFiles: number;
  readonly putBytes: number;
}

/** One volume is made while the one before it is put and read back. */
export async function rewriteVolumes(rewrite: VolumesRewrite): Promise<RewrittenVolumes> {
  const { run, checked, rewriting, state } = rewrite;
  const { set, manifest } = checked;
  const sizes = manifest.volumes.map(
    ({ number }) => run.listing.sizeOf(volumeFile(set, number).name) ?? 0,
  );
  const volumes: (RewrittenVolume & { made: readonly number[] })[] = [];
  const sessionKeys = new Map<number, { algorithm: number; key: Buffer }>();
  let [putFiles, putBytes] = [0, 0];
  let putting: Promise<void> = Promise.resolve();
  try {
    for (const [at, made] of groupVolumes(sizes, rewriting.volumeBytes).entries()) {
      run.signal.throwIfAborted();
      const stored = made.reduce((sum, number) => sum + (sizes[number - 1] ?? 0), 0);
      const known = state.get(at + 1);
      if (known !== undefined && run.replica.sizeOf(known.record.name) === known.record.size) {
        volumes.push({ ...known, made });
        run.onBytes(stored);
        continue;
      }
      const { finished, offsets } = await makeVolume(rewrite, at + 1, made);
      const { sessionKey } = finished.volume;
      if (sessionKey !== undefined) sessionKeys.set(finished.number, sessionKey);
      const volume = { record: recordOf(finished), offsets };
      volumes.push({ ...volume, made });
      putFiles += 1;
      putBytes += finished.file.size;
      const before = putting;
      putting = before
        .then(() => putVolume(rewrite, finished))
        .then(() => state.add(volume))
        .finally(() => finished.file.file.close());
      putting.catch(() => undefined); // it comes out below
      await before;
      run.onBytes(stored);
    }
  } finally {
    await putting.catch(() => undefined);
  }
  await putting;
  return { volumes, sessionKeys, putFiles, putBytes };
}

/** Makes one volume of those with the numbers; it counts only when each of them was verified to its end. */
async function makeVolume(
  { run, checked, rewriting, maker }: VolumesRewrite,
  number: number,
  made: VolumeGroup,
): Promise<{ finished: FinishedVolume; offsets: number[] }> {
  const { from, to, signal } = run;
  const { set, manifest } = checked;
  const { encoding } = rewriting;
  const { container } = encoding;
  const { writer, spooled } = await maker.open(encoding);
  const offsets: number[] = [];
  let length = 0;
  for (const one of made) {
    offsets.push(length);
    const file = volumeFile(set, one);
    const { hash } = named(manifest.volumes, one);
    const entries = new TarEntries(file.name);
    const signKey = from.signKeyFor(set.times);
    const options = { ...from.decode, signKey, signal };
    const source = { name: file.name, container: file.container, hash };
    for await (const chunk of decodeFile(from.storage, source, options)) {
      const bytes = entries.push(chunk);
      if (bytes.length > 0) await writer.write([bytes]);
    }
    const padding = entries.end();
    if (padding.length > 0) await writer.write([padding]);
    length += entries.length;
  }
  const closing = volumeEnd(length, container === 'gpg');
  if (closing.length > 0) await writer.write([closing]);
  const volume = await writer.finish();
  const name = formatFileName(
    { kind: 'volume', times: set.times, volumeNumber: number, container },
    to.prefixes,
  );
  const first = named(manifest.volumes, made[0] ?? 0);
  const last = named(manifest.volumes, made.at(-1) ?? 0);
  const start = edge(first.startPath, first.startBlock);
  const end = edge(last.endPath, last.endBlock);
  return { finished: { number, name, file: spooled(), volume, start, end }, offsets };
}

async function putVolume({ run }: VolumesRewrite, { name, file }: FinishedVolume): Promise<void> {
  const { to, signal } = run;
  await putFile(to.storage, name, file, signal);
  const expected = { algorithm: 'sha1', hex: file.sha1.toString('hex') } as const;
  if (await hasFile(to.storage, name, expected, signal)) return;
  throw copyFailure(name, to.storage);
}

function named(volumes: readonly ManifestVolume[], number: number): ManifestVolume {
  const volume = volumes[number - 1];
  if (volume?.number === number) return volume;
  throw new DuplifsError('DAMAGED', `The manifest does not name volume ${number}`);
}

function edge(path: string, block: number | undefined): FinishedVolume['start'] {
  return block === undefined ? { path } : { path, block };
}
