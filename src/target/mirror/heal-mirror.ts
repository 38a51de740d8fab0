/**
 * Copies what a storage of a mirror lacks from one that has it. A set's manifest comes last, as always (order.ts), and
 * is not copied when anything before it could not be: a set looks whole only where it is. Nothing that is there is
 * written over, and nothing is removed.
 */
import type { ManifestVolume, StoredFile } from '../../archive/index.js';
import { errorText, isDuplifsError } from '../../base/index.js';
import type { Mirror, MirrorMember } from '../../storage/index.js';
import type { TargetListing } from '../listing.js';
import { localManifestName, readLocalManifest } from '../manifests.js';
import { removalOrder } from '../order.js';
import type { Target } from '../target.js';
import { compareMirror, mirrorGaps } from './compare-mirror.js';
import type { LackingSet, MirrorGap } from './compare-mirror.js';

type Hashes = ReadonlyMap<number, ManifestVolume['hash']>;

/**
 * Makes the storages of a mirror the same, as far as that can be done; what remains is returned. Nothing is done for
 * other storages. The target was just listed, and the caller holds its lock.
 */
export async function healMirror(
  target: Target,
  listing: TargetListing,
  signal: AbortSignal,
): Promise<MirrorGap[]> {
  const { mirror } = target.storage;
  if (mirror === undefined) return [];
  const refused = new Set(listing.separated.refused.map(({ file }) => file.name));
  const { lacking } = compareMirror(mirror.members, target.prefixes, refused);
  const reasons = new Map<string, string>();
  /** Storages that take nothing now: no further file is tried. */
  const failing = new Map<MirrorMember, string>();
  for (const set of lacking) {
    signal.throwIfAborted();
    const before = failing.get(set.member);
    const failed = before ?? (await healSet({ target, mirror, signal }, set, listing));
    if (failed === undefined) continue;
    const reason = typeof failed === 'string' ? failed : failed.reason;
    reasons.set(`${set.member.url} ${set.setKey}`, reason);
    if (typeof failed !== 'string' && failed.isOfMember) failing.set(set.member, reason);
  }
  return mirrorGaps(compareMirror(mirror.members, target.prefixes, refused)).map((gap) =>
    gap.kind === 'lacks' ? { ...gap, reason: reasons.get(`${gap.member} ${gap.setKey}`) } : gap,
  );
}

/** In what the storages of a mirror differ, by the last listing of the target; nothing for other storages. */
export function mirrorGapsOf({ storage, prefixes }: Target): MirrorGap[] {
  return storage.mirror ? mirrorGaps(compareMirror(storage.mirror.members, prefixes)) : [];
}

interface Healing {
  readonly target: Target;
  readonly mirror: Mirror;
  readonly signal: AbortSignal;
}

interface Failed {
  readonly reason: string;
  /** Whether the storage that lacks the files failed, and not one that has them. */
  readonly isOfMember: boolean;
}

async function healSet(
  healing: Healing,
  { member, setKey, files }: LackingSet,
  listing: TargetListing,
): Promise<Failed | undefined> {
  const { target, mirror } = healing;
  const hashes = await volumeHashes(healing, listing, setKey);
  const byName = new Map(files.map((file) => [file.name, file]));
  let bytes = 0;
  for (const name of removalOrder(files).flat().toReversed()) {
    const file = byName.get(name);
    if (file === undefined) continue;
    const failed = await healFile(healing, member, file, hashes);
    if (failed !== undefined) return failed;
    bytes += mirror.members.find((each) => each === member)?.files?.get(name)?.size ?? 0;
  }
  const count = files.length;
  target.report({
    level: 'notice',
    code: 'mirror-healed',
    member: member.url,
    setKey,
    count,
    bytes,
  });
  return undefined;
}

/** From the first storage whose copy is good. */
async function healFile(
  { mirror, signal }: Healing,
  to: MirrorMember,
  file: StoredFile,
  hashes: Hashes,
): Promise<Failed | undefined> {
  const { name } = file;
  const expected = file.kind === 'volume' ? hashes.get(file.volumeNumber) : undefined;
  let reason = 'no storage has it any more';
  for (const from of mirror.members) {
    if (from.files?.has(name) !== true) continue;
    try {
      await mirror.copy({ name, from, to, expected, signal });
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      reason = errorText(error);
      const isOfMember = !isDuplifsError(error, 'DAMAGED') && reason.includes(`"${to.url}"`);
      if (isOfMember) return { reason, isOfMember };
    }
  }
  return { reason, isOfMember: false };
}

/** What the archive dir's manifest of the set says its volumes are; nothing where it has none that can be read. */
async function volumeHashes(
  { target, signal }: Healing,
  listing: TargetListing,
  setKey: string,
): Promise<Hashes> {
  const names = listing
    .filesOf(setKey)
    .filter(({ kind, partial }) => kind === 'manifest' && !partial)
    .map((file) => localManifestName(file));
  const local = names.find((name) => listing.localNames.has(name));
  const set = listing.collection.sets.find(({ key }) => key === setKey);
  if (local === undefined || set === undefined) return new Map();
  try {
    const { volumes } = await readLocalManifest(target, local, { set, signal });
    return new Map(volumes.map(({ number, hash }) => [number, hash]));
  } catch {
    signal.throwIfAborted();
    return new Map();
  }
}
