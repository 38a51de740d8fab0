/**
 * What a new index says that its set was made on (docs/index-format.md, "Binding"): what the index before it has said, or
 * what this machine has kept copies of. What lies on the storage vouches for nothing.
 */
import { createHash } from 'node:crypto';
import { SigtarParser, volumesDigest } from '../archive/index.js';
import type { BackupSet, IndexBinding, StoredFile } from '../archive/index.js';
import { DuplifsError, eventLoopTurns } from '../base/index.js';
import {
  checkSignaturesDigest,
  digestOf,
  localManifestName,
  localSignaturesName,
  manifestFileOf,
  readLocalManifest,
  readStoredManifest,
} from '../target/index.js';
import type { Target, TargetListing } from '../target/index.js';

export interface SetToBind {
  readonly target: Target;
  readonly listing: TargetListing;
  readonly set: BackupSet;
  /** What the index so far says. */
  readonly before: IndexBinding | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads the stored sigtar, which must be one whatever comes of it. Undefined where nothing here vouches for it.
 * @throws DuplifsError DAMAGED, SIGNATURE, KEY for the sigtar; MANIFESTS_DIFFER where a copy is not what is stored
 */
export async function bindingOf(wanted: SetToBind): Promise<IndexBinding | undefined> {
  const { target, listing, set, before, signal } = wanted;
  const [stored] = set.signatures.filter(({ partial }) => !partial);
  if (stored === undefined) return before;
  const signaturesDigest = await digestOfSigtar(target, stored, signal);
  if (before !== undefined) {
    checkSignaturesDigest(stored.name, signaturesDigest, before);
    return before;
  }
  const copy = localSignaturesName(stored);
  if (!listing.localNames.has(copy)) return undefined;
  const ofCopy = await digestOf(target.decodeLocalSignatures(copy));
  if (!ofCopy.equals(signaturesDigest)) throw differs(target, copy, stored.name);
  const common = { signaturesDigest, signKey: target.signKeyFor(set.times) };
  if (set.times.kind === 'full') return { ...common, base: undefined };
  const base = await ownBase(wanted);
  return base && { ...common, base };
}

/** What the archive dir's copy of the base's manifest says. */
async function ownBase({ target, listing, set, signal }: SetToBind): Promise<IndexBinding['base']> {
  const base = baseOf(listing, set);
  if (base?.complete !== true) return undefined;
  const stored = manifestFileOf(base);
  const copy = localManifestName(stored);
  if (!listing.localNames.has(copy)) return undefined;
  const own = volumesDigest((await readLocalManifest(target, copy, { set: base, signal })).volumes);
  const there = await readStoredManifest(target, stored, { set: base, signal });
  if (!own.equals(volumesDigest(there.volumes))) throw differs(target, copy, stored.name);
  return { setKey: base.key, volumesDigest: own };
}

function baseOf({ collection }: TargetListing, set: BackupSet): BackupSet | undefined {
  for (const { sets } of collection.chains) {
    const at = sets.indexOf(set);
    if (at > 0) return sets[at - 1];
  }
  return undefined;
}

async function digestOfSigtar(
  target: Target,
  file: StoredFile,
  signal: AbortSignal,
): Promise<Buffer> {
  const digest = createHash('sha256');
  const nothing = (): void => undefined;
  const parser = new SigtarParser(file.name, { entry: nothing, data: nothing, entryEnd: nothing });
  const turn = eventLoopTurns();
  for await (const chunk of target.decodeMetadata(file, signal)) {
    digest.update(chunk);
    parser.push(chunk);
    await turn();
  }
  parser.end();
  return digest.digest();
}

function differs({ archiveFolder }: Target, copy: string, stored: string): DuplifsError {
  return new DuplifsError(
    'MANIFESTS_DIFFER',
    `"${copy}" in "${archiveFolder}" is not what is stored as "${stored}"`,
  );
}
