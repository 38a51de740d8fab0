/** What can be known of one set without opening a volume: its manifest, index and sigtar are read and held together. */
import { createHash } from 'node:crypto';
import { SigtarParser } from '../archive/index.js';
import type { BackupSet, Manifest, StoredFile } from '../archive/index.js';
import { eventLoopTurns, isDuplifsError } from '../base/index.js';
import {
  compareManifests,
  localManifestName,
  localSignaturesName,
  readLocalManifest,
  readStoredManifest,
} from '../target/index.js';
import type { Target, TargetListing, VolumeSizes } from '../target/index.js';
import type { FileFailures } from './file-failures.js';
import type { Finding } from './finding.js';
import { readIndex } from './read-index.js';
import type { IndexFacts } from './read-index.js';

export interface SetChecks {
  readonly target: Target;
  readonly listing: TargetListing;
  readonly sizes: VolumeSizes;
  readonly failures: FileFailures;
  /** Whether volumes are to be read, so that more of the index is needed. */
  readonly wantsPlaces: boolean;
  readonly signal: AbortSignal;
}

/** A set whose files beside the volumes were read. */
export interface CheckedSet {
  readonly set: BackupSet;
  /** Undefined where it cannot be used. */
  readonly manifest: Manifest | undefined;
  /** Undefined where there is none, or none that can be used. */
  readonly index: IndexFacts | undefined;
  /** SHA-256 of the plaintext of the stored sigtar; undefined where there is none that can be used. */
  readonly signaturesDigest: Buffer | undefined;
  readonly findings: readonly Finding[];
}

/** @throws as FileFailures.attempt */
export async function checkSet(checks: SetChecks, set: BackupSet): Promise<CheckedSet> {
  checks.signal.throwIfAborted();
  const findings: Finding[] = [];
  const manifest = await checkManifest(checks, set, findings);
  const index = await checkIndex(checks, set, findings);
  if (manifest !== undefined && index !== undefined) {
    const reason = disagreement(manifest, index);
    const name = set.index[0]?.name ?? '';
    if (reason !== undefined) {
      findings.push({ kind: 'index-disagrees', setKey: set.key, name, reason });
    }
  }
  const signaturesDigest = await checkSignatures(checks, set, { index, findings });
  await checkSizes(checks, set, { index, findings });
  return { set, manifest, index, signaturesDigest, findings };
}

async function checkManifest(
  checks: SetChecks,
  set: BackupSet,
  findings: Finding[],
): Promise<Manifest | undefined> {
  const { target, listing, failures, signal } = checks;
  const candidates = set.manifests.filter(
    ({ partial, name }) => !partial && !listing.isEmpty(name),
  );
  let usable: Manifest | undefined;
  for (const stored of candidates) {
    const read = (): Promise<Manifest> => readStoredManifest(target, stored, { set, signal });
    const file = { ...stored, setKey: set.key };
    const manifest = await failures.attempt(file, findings, read, signal);
    if (manifest !== undefined)
      await checkLocalManifest(checks, set, { stored, manifest, findings });
    usable ??= manifest;
  }
  return usable;
}

interface ReadManifest {
  readonly stored: StoredFile;
  readonly manifest: Manifest;
  readonly findings: Finding[];
}

async function checkLocalManifest(
  { target, listing, signal }: SetChecks,
  set: BackupSet,
  { stored, manifest, findings }: ReadManifest,
): Promise<void> {
  const name = localManifestName(stored);
  if (!listing.localNames.has(name)) return;
  const { archiveFolder } = target;
  try {
    const local = await readLocalManifest(target, name, { set, signal });
    compareManifests(local, manifest, { setKey: set.key, archiveFolder });
  } catch (error) {
    signal.throwIfAborted();
    if (!isDuplifsError(error, 'DAMAGED', 'MANIFESTS_DIFFER')) throw error;
    const { message: reason } = error;
    findings.push({ kind: 'local-copy', setKey: set.key, name, stored: stored.name, reason });
  }
}

async function checkIndex(
  { target, listing, sizes, failures, wantsPlaces, signal }: SetChecks,
  set: BackupSet,
  findings: Finding[],
): Promise<IndexFacts | undefined> {
  const { key: setKey } = set;
  const [stored] = set.index;
  if (stored === undefined) {
    const known = await sizes.of(target, { setKey, index: [] });
    if (known.size > 0) findings.push({ kind: 'index-missing', setKey });
    return undefined;
  }
  if (listing.isEmpty(stored.name)) {
    const reason = `"${stored.name}" is empty`;
    const { name } = stored;
    findings.push({ kind: 'file-unusable', setKey, name, file: 'index', error: 'DAMAGED', reason });
    return undefined;
  }
  const read = (): Promise<IndexFacts> =>
    readIndex(target, stored, { setKey, wantsPlaces, signal });
  return failures.attempt({ ...stored, setKey }, findings, read, signal);
}

/** Why an index cannot be used with a manifest: whoever reads does without it then. */
function disagreement({ volumes }: Manifest, index: IndexFacts): string | undefined {
  for (const { number, hash } of volumes) {
    const indexed = index.volumes.get(number);
    if (indexed === undefined) return `it does not name volume ${number}`;
    if (hash?.algorithm !== 'SHA1' || hash.hex !== indexed.sha1) {
      return `it has another hash for volume ${number} than the manifest`;
    }
  }
  return index.volumes.size > volumes.length
    ? `it names ${index.volumes.size} volumes, and the manifest ${volumes.length}`
    : undefined;
}

interface Found {
  readonly index: IndexFacts | undefined;
  readonly findings: Finding[];
}

async function checkSignatures(
  checks: SetChecks,
  set: BackupSet,
  { index, findings }: Found,
): Promise<Buffer | undefined> {
  const { target, failures, signal } = checks;
  const { key: setKey } = set;
  let usable: Buffer | undefined;
  for (const stored of set.signatures) {
    if (stored.partial) continue;
    const read = (): Promise<Buffer> =>
      digestOfSignatures(stored.name, target.decodeMetadata(stored, signal), signal);
    const digest = await failures.attempt({ ...stored, setKey }, findings, read, signal);
    if (digest === undefined) continue;
    const wanted = index?.binding?.signaturesDigest;
    if (wanted !== undefined && !wanted.equals(digest)) {
      findings.push({ kind: 'signatures-foreign', setKey, name: stored.name });
    }
    await checkLocalSignatures(checks, setKey, { stored, digest, findings });
    usable ??= digest;
  }
  return usable;
}

interface ReadSignatures {
  readonly stored: StoredFile;
  readonly digest: Buffer;
  readonly findings: Finding[];
}

async function checkLocalSignatures(
  { target, listing, signal }: SetChecks,
  setKey: string,
  { stored, digest, findings }: ReadSignatures,
): Promise<void> {
  const name = localSignaturesName(stored);
  if (!listing.localNames.has(name)) return;
  let reason: string | undefined;
  try {
    const local = await digestOfSignatures(name, target.decodeLocalSignatures(name), signal);
    if (!local.equals(digest)) reason = 'It holds other signatures than the stored file';
  } catch (error) {
    signal.throwIfAborted();
    if (!isDuplifsError(error, 'DAMAGED')) throw error;
    reason = error.message;
  }
  if (reason === undefined) return;
  findings.push({ kind: 'local-copy', setKey, name, stored: stored.name, reason });
}

/** SHA-256 of a sigtar's plaintext, whose entries must be well formed. */
async function digestOfSignatures(
  name: string,
  plaintext: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<Buffer> {
  const digest = createHash('sha256');
  const nothing = (): void => undefined;
  const parser = new SigtarParser(name, { entry: nothing, data: nothing, entryEnd: nothing });
  const turn = eventLoopTurns();
  for await (const chunk of plaintext) {
    digest.update(chunk);
    parser.push(chunk);
    signal.throwIfAborted();
    await turn();
  }
  parser.end();
  return digest.digest();
}

/** Volumes must have the size that they were put with, where that is known. */
async function checkSizes(
  { target, listing, sizes }: SetChecks,
  { key: setKey, volumes, index: files }: BackupSet,
  { index, findings }: Found,
): Promise<void> {
  // one that was added later may go again, and nothing is lost
  const hasOwnIndex = files[0]?.kind === 'index';
  if (index !== undefined && hasOwnIndex) {
    const known = Array.from({ length: index.volumes.size }, (_, at) => at + 1);
    sizes.put(
      setKey,
      known.map((number) => index.volumes.get(number)?.fileSize ?? 0),
    );
  }
  for (const [number, wantedSize] of await sizes.of(target, { setKey, index: [] })) {
    const stored = (volumes.get(number) ?? []).map(({ name }) => ({
      name,
      size: listing.sizeOf(name) ?? 0,
    }));
    const last = stored.at(-1);
    // without any bytes it is missing
    if (last === undefined || last.size === 0 || wantedSize === 0) continue;
    if (stored.some(({ size }) => size === wantedSize)) continue;
    findings.push({ kind: 'volume-size', setKey, ...last, wantedSize });
  }
}
