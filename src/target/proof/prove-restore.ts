/**
 * Whether what is at hand restores a chain: found out by doing it on a small scale. Each manifest of the chain is opened
 * as it lies on the storage, whatever the archive dir has, and of its full and its newest set the start of a volume is
 * decrypted and unpacked.
 */
import { TarParser } from '../../archive/index.js';
import type { BackupSet, Chain, Manifest, StoredFile } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { ErrorCode } from '../../base/index.js';
import { readMessageHeader } from '../../openpgp/index.js';
import type { Opener } from '../../openpgp/index.js';
import { decodeFile } from '../../volume/index.js';
import { manifestFileOf, readStoredManifest } from '../manifests.js';
import type { Target } from '../target.js';
import { messageStart } from './message-start.js';

/** What was opened of a set, and what opened it. */
export interface ProvenSet {
  readonly setKey: string;
  readonly endSeconds: number;
  readonly manifestName: string;
  /** Undefined where the set is not encrypted. */
  readonly opener: Opener | undefined;
  /** The volume of which the start was unpacked; undefined where only the manifest was opened. */
  readonly volumeName: string | undefined;
}

/** A chain proof fails with the set that it failed at, so that the others can be told. */
export interface ChainProof {
  readonly proven: readonly ProvenSet[];
  readonly failure: { readonly setKey: string; readonly error: DuplifsError } | undefined;
}

/** What is wrong with the set or the keys, and not with the way there. */
const unopenable = new Set<ErrorCode>([
  'KEY',
  'SIGNATURE',
  'DAMAGED',
  'FILE_MISSING',
  'STORAGE_NOT_FOUND',
]);

/** Of a volume: one block as readers take them. */
const sampleBytes = 256 * 1024;

/**
 * Proves the whole sets of a chain, oldest first, up to the first that cannot be opened. Other errors than those of keys,
 * signatures, damage and missing files pass through.
 */
export async function proveRestore(
  target: Target,
  { sets }: Pick<Chain, 'sets'>,
  signal?: AbortSignal,
): Promise<ChainProof> {
  const whole = sets.filter(({ complete }) => complete);
  const sampled = new Set([whole[0], whole.at(-1)]);
  const proven: ProvenSet[] = [];
  for (const set of whole) {
    signal?.throwIfAborted();
    try {
      proven.push(await proveSet(target, set, sampled.has(set), signal));
    } catch (error) {
      if (!(error instanceof DuplifsError && unopenable.has(error.code))) throw error;
      return { proven, failure: { setKey: set.key, error } };
    }
  }
  return { proven, failure: undefined };
}

async function proveSet(
  target: Target,
  set: BackupSet,
  withVolume: boolean,
  signal: AbortSignal | undefined,
): Promise<ProvenSet> {
  const file = manifestFileOf(set);
  const opener = await openerOf(target, file, signal);
  const manifest = await readStoredManifest(target, file, { set, signal });
  const volume = withVolume ? volumeToTry(set, manifest) : undefined;
  if (volume !== undefined) await unpackStart(target, volume, signal);
  return {
    setKey: set.key,
    endSeconds: set.times.endSeconds,
    manifestName: file.name,
    opener,
    volumeName: volume?.name,
  };
}

async function openerOf(
  { storage, decode }: Target,
  { name, container }: StoredFile,
  signal: AbortSignal | undefined,
): Promise<Opener | undefined> {
  if (container !== 'gpg') return undefined;
  const header = readMessageHeader(await messageStart(storage, name, signal));
  return (await decode.keyring.open(header, name, signal)).opener;
}

/** The first volume that the manifest names. */
function volumeToTry(set: BackupSet, { volumes }: Manifest): StoredFile {
  const number = volumes[0]?.number ?? 1;
  const [file] = set.volumes.get(number) ?? [];
  if (file !== undefined) return file;
  throw new DuplifsError(
    'FILE_MISSING',
    `Volume ${number} of set ${set.key} is not on the storage`,
    {
      hint: 'See collection-status for what else is missing',
    },
  );
}

/** Decrypts and unpacks a volume's first block; it must be the start of a tar archive. */
async function unpackStart(
  { storage, decode }: Target,
  { name, container }: StoredFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  let entries = 0;
  let left = sampleBytes;
  const parser = new TarParser(name, {
    header: () => {
      entries += 1;
    },
    data: () => undefined,
    entryEnd: () => undefined,
  });
  // a signature would be known at the end only: the manifest's was looked at
  const options = { ...decode, signKey: undefined, signal };
  for await (const piece of decodeFile(storage, { name, container }, options)) {
    parser.push(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0 || entries > 0) return;
  }
}
