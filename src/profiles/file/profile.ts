/** A profile: its own file and those that it extends, as one value. */
import { basename, join } from 'node:path';
import { readdir, readFile } from 'node:fs/promises';
import { DuplifsError, nearest } from '../../base/index.js';
import type {
  LogSettings,
  Notice,
  OwnValues,
  Retention,
  RunSettings,
  ScheduleSettings,
  SecretSource,
} from '../schema.js';
import { checkFile } from './check-file.js';
import type { CheckedFile } from './check-file.js';

import { mergeOptions } from './option-key.js';
import type { GivenOption, OptionKeys } from './option-key.js';
import { isProfileName, profileFolders } from './profile-places.js';
import { readProfileFile } from './read-profile-file.js';
import type { ProfileFile } from './read-profile-file.js';
import { ownSecretIn, refuseOpenSecrets } from './open-secrets.js';

export interface Profile {
  readonly name: string;
  /** Its own file first, then those that it extends. */
  readonly files: readonly string[];
  readonly description?: string | undefined;
  readonly source?: string | undefined;
  readonly url?: SecretSource | undefined;
  readonly mountpoint?: string | undefined;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly retention: Retention;
  readonly run: RunSettings;
  readonly log: LogSettings;
  readonly notify: readonly Notice[];
  readonly schedule: ScheduleSettings;
  /** For all commands that have them. */
  readonly options: readonly GivenOption[];
  readonly commandOptions: ReadonlyMap<string, readonly GivenOption[]>;
}

/** One file of a profile as it stands. */
export interface ProfileText {
  /** Of the file without its ending, by which others extend it. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
  /** The first key whose value is a secret itself. */
  readonly ownSecret: string | undefined;
}

const mostFiles = 16;

/** The file of a profile; undefined when there is none. */
export async function findProfileFile(
  name: string,
  folders: readonly string[] = profileFolders(),
): Promise<ProfileFile | undefined> {
  if (!isProfileName(name)) return undefined;
  for (const folder of folders) {
    const file = await readProfileFile(join(folder, `${name}.toml`));
    if (file !== undefined) return file;
  }
  return undefined;
}

/** The names of all profiles with the folder that each is taken from. */
export async function listProfiles(
  folders: readonly string[] = profileFolders(),
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const file of names.sort()) {
      const name = file.replace(/\.toml$/, '');
      if (name !== file && isProfileName(name) && !found.has(name)) found.set(name, folder);
    }
  }
  return found;
}

/**
 * Reads a profile with all that it extends.
 * @throws DuplifsError PROFILE
 */
export async function loadProfile(name: string, keys: OptionKeys): Promise<Profile> {
  return await profileFrom(name, await fileNamed(name), keys);
}

/**
 * The files of a profile, its own first, and then those that it extends.
 * @throws DuplifsError PROFILE
 */
export async function profileTexts(
  name: string,
  keys: OptionKeys,
): Promise<readonly ProfileText[]> {
  const files = await withBases(await fileNamed(name), keys);
  return await Promise.all(
    files.map(async (file) => ({
      name: basename(file.path, '.toml'),
      path: file.path,
      bytes: await readFile(file.path),
      ownSecret: ownSecretIn(file),
    })),
  );
}

/** The profile of a file that was read. */
export async function profileFrom(
  name: string,
  file: ProfileFile,
  keys: OptionKeys,
): Promise<Profile> {
  const files = await withBases(file, keys);
  return files.reduceRight<Profile>((base, one) => laidOver(one, base), emptyProfile(name));
}

/** The file and those that it extends, the nearest first. */
async function withBases(first: ProfileFile, keys: OptionKeys): Promise<CheckedFile[]> {
  const found: CheckedFile[] = [];
  const waiting: ProfileFile[] = [first];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const { path } = file;
    if (found.some((one) => one.path === path)) continue;
    if (found.length >= mostFiles) {
      throw new DuplifsError('PROFILE', `"${first.path}" extends more than ${mostFiles} files`);
    }
    const checked = await checkFile(file, keys);
    refuseOpenSecrets(file, checked);
    found.push(checked);
    for (const base of namesIn(checked.own)) {
      waiting.push(await fileNamed(base, path));
    }
  }
  return found;
}

function namesIn({ extends: bases = [] }: OwnValues): readonly string[] {
  return typeof bases === 'string' ? [bases] : bases;
}

function emptyProfile(name: string): Profile {
  const none = { secrets: {}, environment: {}, retention: {}, run: {}, log: {}, schedule: {} };
  return { name, files: [], notify: [], options: [], commandOptions: new Map(), ...none };
}

function laidOver(file: CheckedFile, base: Profile): Profile {
  const { own } = file;
  const commands = new Set([...file.commandOptions.keys(), ...base.commandOptions.keys()]);
  return {
    name: base.name,
    files: [file.path, ...base.files],
    description: own.description ?? base.description,
    source: own.source ?? base.source,
    url: own.url ?? base.url,
    mountpoint: own.mountpoint ?? base.mountpoint,
    secrets: { ...base.secrets, ...own.secrets },
    environment: { ...base.environment, ...own.environment },
    retention: { ...base.retention, ...own.retention },
    run: { ...base.run, ...own.run },
    log: { ...base.log, ...own.log },
    schedule: { ...base.schedule, ...own.schedule },
    notify: [...base.notify, ...(own.notify ?? [])],
    options: mergeOptions(file.options, base.options),
    commandOptions: new Map(
      [...commands].map((command) => [
        command,
        mergeOptions(
          file.commandOptions.get(command) ?? [],
          base.commandOptions.get(command) ?? [],
        ),
      ]),
    ),
  };
}

/** @throws DuplifsError PROFILE where there is none; `by` is the file that extends it */
async function fileNamed(name: string, by?: string): Promise<ProfileFile> {
  const file = await findProfileFile(name);
  if (file === undefined) throw await missing(name, by);
  return file;
}

async function missing(name: string, by?: string): Promise<DuplifsError> {
  const folders = profileFolders();
  const all = [...(await listProfiles(folders)).keys()];
  const near = await nearest(name, all);
  const whose = by === undefined ? '' : `, which "${by}" extends`;
  const known =
    all.length === 0 ? 'There is none yet' : `There are: ${all.slice(0, 20).join(', ')}`;
  return new DuplifsError('PROFILE', `There is no profile "${name}"${whose}`, {
    hint:
      near === undefined
        ? `${known}. They lie in ${folders.map((folder) => `"${folder}"`).join(' and ')}`
        : `Did you mean "${near}"?`,
  });
}
