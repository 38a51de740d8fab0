/** What this machine knows of profiles and backups, for completion: nothing is asked of a storage, and no secret is read. */
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { catalogName, openKnownPaths } from '../../catalog/index.js';
import type { KnownSet } from '../../catalog/index.js';
import { archiveFolderFor } from '../../target/index.js';
import { formatLocalTime, formatStamp, parseTime } from '../../time/index.js';
import { expandPath } from '../line/index.js';
import { profileNames } from '../profile/names-profile.js';
import type { Candidate, KnownThings } from './candidates.js';
import { targetOf } from './cursor.js';
import type { Cursor } from './cursor.js';
import { notedTargets } from './noted-targets.js';
import { placeOfProfile } from './profile-place.js';

export const knownThings: KnownThings = { profiles, targets, times, paths };

async function profiles(): Promise<readonly Candidate[]> {
  return (await profileNames()).map((value) => ({ value, about: 'a profile' }));
}

async function targets(): Promise<readonly Candidate[]> {
  const found = await notedTargets(dirname(archiveFolderFor('')));
  const urls = [...new Set(found.map(({ url }) => url))].toSorted();
  return urls.map((value) => ({ value, about: 'a backup' }));
}

async function times(cursor: Cursor): Promise<readonly Candidate[]> {
  const folder = await folderOf(cursor);
  if (folder === undefined) return [];
  const known = await catalogued(folder, (sets) => sets);
  const sets = known?.length === 0 ? undefined : known;
  return (sets ?? (await setsByName(folder))).map(({ kind, endSeconds }) => ({
    value: formatStamp(endSeconds),
    about: `${kind}, ${formatLocalTime(endSeconds)}`,
  }));
}

async function paths(cursor: Cursor): Promise<readonly Candidate[]> {
  const folder = await folderOf(cursor);
  if (folder === undefined) return [];
  const found = await catalogued(folder, (sets, beginning) =>
    beginning(cursor.typed, setFor(sets, cursor)),
  );
  return (found ?? []).map(({ path, isFolder }) => ({ value: isFolder ? `${path}/` : path }));
}

type Beginning = (typed: string, set: number | undefined) => readonly FoundPath[];
interface FoundPath {
  readonly path: string;
  readonly isFolder: boolean;
}

async function catalogued<T>(
  folder: string,
  ask: (sets: readonly KnownSet[], beginning: Beginning) => T,
): Promise<T | undefined> {
  const known = await openKnownPaths(join(folder, catalogName));
  if (known === undefined) return undefined;
  try {
    return ask(known.sets(), (typed, set) => known.beginning(typed, set));
  } catch {
    return undefined; // damaged, or being made anew
  } finally {
    known.close();
  }
}

/** The set whose tree is meant; undefined where all that ever was is, or nobody knows its tree yet. */
function setFor(sets: readonly KnownSet[], { command, values }: Cursor): number | undefined {
  if (command?.options.some(({ names }) => names.includes('--time')) !== true) return undefined;
  const given = values.get('--time');
  const time = given === undefined ? Infinity : parseTime(given, Math.floor(Date.now() / 1000));
  const set = sets.find(({ endSeconds }) => endSeconds <= time);
  return set?.isListed === true ? set.id : undefined;
}

/** The sets that manifests in the archive dir are of; the names are as docs/format/1-bytes.md 1 has them. */
async function setsByName(folder: string): Promise<KnownSet[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const [, kind, stamp] =
        /^duplicity-(full|inc)\.(?:\w+\.to\.)?(\d{8}T\d{6}Z)\.manifest$/.exec(name) ?? [];
      if (kind === undefined || stamp === undefined) return [];
      return [{ id: 0, kind, endSeconds: parseTime(stamp, 0), isListed: false }];
    })
    .toSorted((a, b) => b.endSeconds - a.endSeconds);
}

/** The folder of the archive dir that the target on the line has. */
async function folderOf(cursor: Cursor): Promise<string | undefined> {
  const target = targetOf(cursor);
  if (target === undefined) return undefined;
  const { values } = cursor;
  const place = await placeOfProfile(target);
  const given = values.get('--archive-dir');
  const archiveDir =
    given === undefined
      ? place?.archiveDir
      : expandPath(given, { ...process.env, HOME: homedir() });
  const name =
    values.get('--archive-name') ?? (hasOwnName(cursor) ? undefined : values.get('--name'));
  const url = place?.url ?? target;
  const folder = archiveFolderFor(url, { archiveDir, name: name ?? place?.name });
  const noted = await notedTargets(dirname(folder));
  return noted.find((one) => one.folder === folder || one.url === url)?.folder ?? folder;
}

/** "find" has a --name of its own. */
function hasOwnName({ command }: Cursor): boolean {
  return command?.options.some(({ names }) => names.includes('--archive-name')) === true;
}
