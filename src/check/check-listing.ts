/** What the names at a target tell, and what this machine knows of it: no file is opened but locks. */
import { parseFileName, setKey } from '../archive/index.js';
import type { Collection } from '../archive/index.js';
import { heldLocks, mirrorGapsOf, notedLocks } from '../target/index.js';
import type { Target, TargetListing } from '../target/index.js';
import type { Finding } from './finding.js';
import { faultyVolumes } from './read-memory.js';

export interface ListingChecks {
  readonly target: Target;
  readonly listing: TargetListing;
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
  /** Whether volumes are read as well: those that were faulty are looked at anew then. */
  readonly readsVolumes: boolean;
}

export async function checkListing(checks: ListingChecks): Promise<Finding[]> {
  const { target, listing } = checks;
  const { collection, isLocked } = listing;
  return [
    ...refusedFiles(listing),
    ...futureSets(checks),
    ...collection.warnings.flatMap((warning): Finding[] => {
      if (warning.kind === 'ambiguous-names') {
        const names = warning.files.map(({ name }) => name);
        return [{ kind: 'several-files', setKey: warning.set.key, names }];
      }
      if (warning.kind !== 'leftover-part') return [];
      return [{ kind: 'leftover-part', setKey: warning.set.key, name: warning.file.name }];
    }),
    ...collection.replaced.map(({ key }): Finding => ({ kind: 'set-replaced', setKey: key })),
    ...missingSignatures(collection),
    ...(checks.readsVolumes ? [] : knownFaulty(checks)),
    ...leftovers(collection),
    ...mirrorGapsOf(target).map((gap): Finding => ({ kind: 'mirror', gap })),
    ...(isLocked ? await locks(target) : []),
  ];
}

/** Each set's at once. */
function refusedFiles({ separated }: TargetListing): Finding[] {
  const bySet = new Map<string, Extract<Finding, { kind: 'files-refused' }>>();
  for (const { file, reason } of separated.refused) {
    const key = setKey(file.times);
    const names = [...(bySet.get(key)?.names ?? []), file.name];
    bySet.set(key, { kind: 'files-refused', setKey: key, names, reason });
  }
  return [...bySet.values()];
}

function futureSets({ listing, nowSeconds }: ListingChecks): Finding[] {
  return listing.collection.sets
    .filter(({ complete, times }) => complete && times.endSeconds > nowSeconds)
    .map(({ key }) => ({ kind: 'future-set', setKey: key }));
}

/** Old clean-ups remove the sigtars of older chains; the newest needs its own. */
function missingSignatures({ chains }: Collection): Finding[] {
  return (chains.at(-1)?.sets ?? [])
    .filter(({ complete, signatures }) => complete && signatures.length === 0)
    .map(({ key }) => ({ kind: 'signatures-missing', setKey: key }));
}

/** Of the volumes that are stored as they were when they were read. */
function knownFaulty({ target, listing }: ListingChecks): Finding[] {
  const { prefixes, archiveFolder } = target;
  return faultyVolumes(archiveFolder).flatMap(({ name, size, readSeconds }): Finding[] => {
    const file = listing.sizeOf(name) === size ? parseFileName(name, { prefixes }) : undefined;
    if (file === undefined) return [];
    return [{ kind: 'volume-faulty', setKey: setKey(file.times), name, readSeconds }];
  });
}

function leftovers({ orphanedSignatures, strays }: Collection): Finding[] {
  const stored = [...orphanedSignatures.stored, ...strays].map(({ name }) => name);
  const local = orphanedSignatures.local.map(({ name }) => name);
  const found: Finding[] = [];
  if (stored.length > 0) found.push({ kind: 'leftovers', where: 'stored', names: stored });
  if (local.length > 0) found.push({ kind: 'leftovers', where: 'local', names: local });
  return found;
}

async function locks({ storage, prefixes, archiveFolder }: Target): Promise<Finding[]> {
  const held = await heldLocks(storage, prefixes, await notedLocks(archiveFolder));
  return held.map((lock) => ({ kind: 'lock', lock }));
}
