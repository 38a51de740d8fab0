/** From what other programs keep to a profile. Nothing of it is run. */
import { readFile, stat } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import type { OptionKeys } from '../file/option-key.js';
import { Draft, draftText } from './draft.js';
import type { LeftOut } from './draft.js';
import { fromCrontab, hasDuplicityLine } from './from-crontab.js';
import { fromDejaDup, isDconfDump } from './from-deja-dup.js';
import { fromDuplicityBackup } from './from-duplicity-backup.js';
import { fromDuply } from './from-duply.js';
import { readShellFile } from './shell-assignments.js';

export interface Imported {
  /** What it was: "a configuration of duplicity-backup.sh". */
  readonly from: string;
  /** The profile as TOML. */
  readonly text: string;
  readonly leftOut: readonly LeftOut[];
  /** A name for it. */
  readonly name: string;
}

const maxFileBytes = 1024 * 1024;

/** @throws DuplifsError PROFILE when the file cannot be read, or is nothing that is known */
export async function importProfile(path: string, keys: OptionKeys): Promise<Imported> {
  const { file, isFolder } = await fileOf(path);
  const text = await textOf(file);
  const draft = new Draft();
  const { from, name } = fill(draft, { file, text, keys, isFolder });
  const comments = [
    `Made from ${from}: ${path}`,
    ...(draft.leftOut.length > 0 ? ['', 'What could not be taken over:'] : []),
    ...draft.leftOut.map(({ what, why }) => `- ${what.replace(/\s+/g, ' ')}: ${why}`),
  ];
  return { from, name, text: draftText(draft, comments), leftOut: draft.leftOut };
}

interface Given {
  readonly file: string;
  readonly text: string;
  readonly keys: OptionKeys;
  readonly isFolder: boolean;
}

function fill(
  draft: Draft,
  { file, text, keys, isFolder }: Given,
): { readonly from: string; readonly name: string } {
  const home = homedir();
  const user = userInfo().username;
  if (isDconfDump(text)) {
    fromDejaDup(text, { home, user }, draft);
    return { from: 'settings of Déjà Dup', name: 'deja-dup' };
  }
  const shell = readShellFile(text, { HOME: home, USER: user, HOSTNAME: hostname() });
  const names = new Set(shell.assignments.map(({ name }) => name));
  if (names.has('DEST') && names.has('ROOT')) {
    fromDuplicityBackup(shell, keys, draft);
    return { from: 'a configuration of duplicity-backup.sh', name: nameOf(basename(file)) };
  }
  if (names.has('TARGET') && (isFolder || names.has('SOURCE'))) {
    const folder = dirname(resolve(file));
    fromDuply({ folder, file: shell }, keys, draft);
    return { from: 'a profile of duply', name: nameOf(basename(folder)) };
  }
  if (hasDuplicityLine(text)) {
    fromCrontab(text, keys, draft);
    return { from: 'a command line of duplicity', name: 'backup' };
  }
  throw new DuplifsError('PROFILE', `"${file}" is nothing that a profile could be made of`, {
    hint: 'Give a configuration of duplicity-backup.sh, the folder of a duply profile, what "dconf dump /org/gnome/deja-dup/" prints, or a crontab with a line that runs duplicity',
  });
}

async function fileOf(path: string): Promise<{ file: string; isFolder: boolean }> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    return { file: isFolder ? join(path, 'conf') : path, isFolder };
  } catch (error) {
    throw new DuplifsError('PROFILE', `Cannot read "${path}": ${errorText(error)}`, {
      cause: error,
    });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`);
    return bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .replaceAll('\r\n', '\n');
  } catch (error) {
    throw new DuplifsError('PROFILE', `Cannot read "${file}": ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** A name that a profile can have. */
function nameOf(text: string): string {
  const bare = text
    .replace(/\.(?:conf|cfg|sh|txt|example)$/g, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '-');
  return bare.replace(/^[^A-Za-z0-9]+/, '') || 'backup';
}
