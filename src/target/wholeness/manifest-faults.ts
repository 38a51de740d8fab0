import type { BackupSet, Manifest, ManifestVolume, StoredFile } from '../../archive/index.js';
import type { SetFault } from './set-fault.js';

/** What a manifest says of its set's volumes, from itself or as it was noted when it was read. */
export interface NamedVolumes {
  readonly volumes: readonly Pick<ManifestVolume, 'number' | 'hash'>[];
  /** Whether it cannot have been cut: its list of files stands behind the volumes. */
  readonly isClosed?: Manifest['isClosed'];
}

/**
 * What a set lacks of that which its manifest names, and what makes the manifest itself doubtful. A file that
 * `isPresent` does not take counts as missing.
 */
export function manifestFaults(
  set: Pick<BackupSet, 'volumes'>,
  manifest: NamedVolumes,
  isPresent: (file: StoredFile) => boolean = () => true,
): SetFault[] {
  const { volumes } = manifest;
  const reason = whatIsWrong(volumes);
  if (reason !== undefined) return [{ kind: 'manifest-damaged', reason }];
  const has = ({ number, hash }: NamedVolumes['volumes'][number]): boolean =>
    (set.volumes.get(number) ?? []).some((file) => isPresent(file) || isNothing(hash));
  const missing = volumes.filter((volume) => !has(volume)).map(({ number }) => number);
  const faults: SetFault[] =
    missing.length > 0 ? [{ kind: 'volumes-missing', volumes: missing }] : [];
  if (manifest.isClosed === true) return faults;
  const last = volumes.at(-1)?.number ?? 0;
  const others = [...set.volumes.keys()].filter((number) => number > last);
  if (others.length === 0) return faults;
  return [...faults, { kind: 'volumes-not-named', volumes: others.sort((a, b) => a - b) }];
}

function whatIsWrong(volumes: NamedVolumes['volumes']): string | undefined {
  const last = volumes.at(-1);
  if (last === undefined) return 'it names no volume';
  if (last.hash === undefined) return `it ends within its record of volume ${last.number}`;
  const gap = volumes.findIndex(({ number }, at) => number !== at + 1);
  return gap === -1 ? undefined : `it leaves out volume ${gap + 1}`;
}

/**
 * Whether the hash is of no bytes at all: with --no-compression and --no-encryption duplicity writes such a volume where
 * nothing has changed.
 */
function isNothing(hash: ManifestVolume['hash']): boolean {
  return hash !== undefined && hashesOfNothing.has(hash.hex);
}

const hashesOfNothing: ReadonlySet<string> = new Set([
  'da39a3ee5e6b4b0d3255bfef95601890afd80709', // SHA-1
  'd41d8cd98f00b204e9800998ecf8427e', // MD5
]);
