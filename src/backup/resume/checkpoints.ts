/**
 * Where an interrupted set can go on (docs/writing.md, "Interrupted"): after the last volume that is known to lie on
 * the storage, unless the file that its end has cut is another one by now; then after an earlier volume.
 */
import { createReadStream } from 'node:fs';
import { lstat, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { IndexParser } from '../../archive/index.js';
import type { IndexEntry } from '../../archive/index.js';
import { replaceFile } from '../../base/index.js';
import type { TargetListing } from '../../target/index.js';
import { readManifestPart } from './manifest-part.js';
import { PartFile } from '../writing/part-file.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';
import { parseStateHeader, parseStateLine } from './set-state.js';
import type { Checkpoint, OpenFile, StateHeader, StateLine, VolumeRecord } from './set-state.js';
import { signaturePartEntries } from './signature-part.js';

/** The first line of a state file; undefined when it is none. */
export async function readStateHeader(path: string): Promise<StateHeader | undefined> {
  for await (const line of linesOf(path)) return parseStateHeader(line);
  return undefined;
}

/** Begins a new state. */
export async function writeStateHeader(path: string, header: StateHeader): Promise<void> {
  await writeFile(path, `${JSON.stringify(header)}\n`, { mode: 0o600, flush: true });
}

/** The records of the volumes so far, in order; the later of two for one number. */
export async function* recordedVolumes(path: string): AsyncGenerator<VolumeRecord> {
  for await (const line of linesOf(path)) {
    const found = parseStateLine(line);
    if (found?.kind === 'checkpoint' || found?.kind === 'kept-volume') yield found.volume;
  }
}

/**
 * The checkpoint to go on from; undefined when the set has to be begun anew. The state and the part files are cut
 * back to it, so that all that is in them counts. `isUntouched` says whether a file that a volume's end has cut is still
 * the same.
 */
export async function chooseCheckpoint(
  plan: SetPlan,
  listing: TargetListing,
  isUntouched: (open: OpenFile) => Promise<boolean>,
): Promise<Checkpoint | undefined> {
  const path = join(plan.archiveFolder, localNames(plan).state);
  const known = new Set<number>();
  for await (const line of linesOf(path)) {
    const found = parseStateLine(line);
    if (found?.kind === 'uploaded-volume') known.add(found.number);
  }
  // only what cannot be gone back behind is kept: a long set has many volumes
  let best: Checkpoint | undefined;
  let candidates: Checkpoint[] = [];
  for await (const line of linesOf(path)) {
    const found = parseStateLine(line);
    if (found?.kind !== 'checkpoint') continue;
    const { number, name, size } = found.volume;
    if (!known.has(number) || listing.sizeOf(name) !== size) break;
    if (found.open !== null) {
      candidates.push(found);
    } else {
      best = found;
      candidates = [];
    }
  }
  for (const candidate of candidates) {
    if (candidate.open !== null && (await isUntouched(candidate.open))) best = candidate;
  }
  if (best === undefined) return undefined;
  await cutState(path, best);
  return best;
}

/** The entries that the index had at a checkpoint, from the part that an earlier run has left. */
export async function* keptIndexEntries(
  plan: SetPlan,
  from: Checkpoint | undefined,
): AsyncGenerator<IndexEntry> {
  if (from === undefined || !plan.writesIndex || from.lengths.index === 0) return;
  const path = join(plan.archiveFolder, localNames(plan).indexPart);
  let entries: IndexEntry[] = [];
  const parser = new IndexParser(path, {
    set: () => undefined,
    entry: (entry) => entries.push(entry),
    volume: () => undefined,
  });
  for await (const chunk of createReadStream(path, { end: from.lengths.index - 1 })) {
    parser.push(chunk as Buffer);
    yield* entries;
    entries = [];
  }
  parser.flush();
  yield* entries;
}

/**
 * Whether the parts are still as our run has left them: duplicity may have gone on with the set, and been killed as
 * well: it begins with the last volume again, and so the part has another one than the state. What the part has behind
 * the state counts as ours: a run that was killed between the two has left it.
 */
export async function isStillOurs(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): Promise<boolean> {
  const names = localNames(plan);
  const theirs = await readManifestPart(plan);
  if (theirs === undefined) return true; // removed when the set was all but complete
  const ours = new Map<number, string>();
  for await (const { number, sha1 } of recordedVolumes(join(plan.archiveFolder, names.state))) {
    ours.set(number, sha1);
  }
  return theirs.volumes.every(({ number, hash }) => {
    const known = ours.get(number);
    return known === undefined || known === hash?.hex;
  });
}

/**
 * Makes the parts again from the files that were ready to take their place. False when the signatures are not those of
 * the checkpoint.
 */
export async function restoreParts(plan: SetPlan, from: Checkpoint): Promise<boolean> {
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  await restorePart(local(names.manifestPart), from.lengths.manifest, () =>
    createReadStream(local(names.manifestReady)),
  );
  await restorePart(local(names.signaturesPart), from.lengths.signatures, () => {
    const input = createReadStream(local(names.signaturesReady));
    const output = createGunzip();
    input.on('error', (error) => output.destroy(error));
    return input.pipe(output);
  });
  if (from.position === null) return from.lengths.signatures === 0;
  for await (const { entry, end } of signaturePartEntries(plan)) {
    if (end >= from.lengths.signatures) {
      return end === from.lengths.signatures && entry.path === from.position;
    }
  }
  return false;
}

async function restorePart(
  path: string,
  length: number,
  source: () => AsyncIterable<unknown>,
): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && found.size >= length) return;
  const part = await PartFile.open(path);
  try {
    for await (const chunk of source()) await part.add(chunk as Buffer);
    await part.flush();
  } catch (error) {
    // without the ready file the part is too short, which is found out below
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  } finally {
    await part.close();
  }
}

/** Drops the lines of volumes behind the checkpoint. */
async function cutState(path: string, { volume }: Checkpoint): Promise<void> {
  const lines: string[] = [];
  for await (const line of linesOf(path)) {
    const found = parseStateLine(line);
    if (numberOf(found) <= volume.number) lines.push(line);
  }
  await replaceFile(path, lines.map((line) => `${line}\n`).join(''));
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) yield line;
}

/** Of the volume that a line is about; 0 for one that is about none. */
function numberOf(line: StateLine | undefined): number {
  if (line === undefined || line.kind === 'header') return 0;
  return line.kind === 'uploaded-volume' ? line.number : line.volume.number;
}
