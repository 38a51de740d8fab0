/**
 * The programs that are compared: how each makes its backup of a tree, mounts it, and restores it. All
 * backups are encrypted, with the defaults of the program otherwise.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './process.js';

export const passphrase = 'benchmark';
const program = new URL('../../bin/duplifs.js', import.meta.url).pathname;

/** What begins a command that runs duplifs, and the same as a line of shell. */
export const duplifsWords = [process.execPath, program];
export const duplifsCommand = `'${process.execPath}' '${program}'`;

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {(source: string, place: string) => Promise<unknown>} backup
 *   of the folder `source` into the empty folder `place`, caches included
 * @property {(place: string, mountpoint: string) => string[]} [mountCommand] in the foreground
 * @property {string} [treePath] the backed up folder below the mountpoint
 * @property {(place: string, target: string) => string} restoreScript into a folder that is missing
 * @property {(place: string) => Record<string, string>} env
 */

/** Where duplicity's chain lies below the folder of its backup. */
export const chainOf = (place) => `file://${join(place, 'chain')}`;

/** @type {Tool} */
export const duplicity = {
  name: 'duplicity',
  env: () => ({ PASSPHRASE: passphrase }),
  backup: async (source, place) => {
    mkdirSync(join(place, 'chain'));
    const archive = join(place, 'duplicity-archive');
    await runScript(`duplicity full --archive-dir '${archive}' '${source}' '${chainOf(place)}'`, {
      env: duplicity.env(place),
    });
  },
  restoreScript: (place, target) =>
    `duplicity restore --archive-dir '${join(place, 'duplicity-archive')}' '${chainOf(place)}' '${target}'`,
};

/** Reads the chain that duplicity wrote. @type {Tool} */
export const duplifs = {
  name: 'duplifs',
  env: () => ({ PASSPHRASE: passphrase }),
  mountCommand: (place, mountpoint) => [
    ...duplifsWords,
    'mount',
    ...archiveOption(place),
    chainOf(place),
    mountpoint,
  ],
  treePath: 'latest',
  restoreScript: (place, target) =>
    `${duplifsCommand} restore ${archiveOption(place).join(' ')} '${chainOf(place)}' '${target}'`,
};

/** The folder of duplifs' catalog, which a case with a cold catalog removes. */
export function archiveOf(place) {
  return join(place, 'duplifs-archive');
}

function archiveOption(place) {
  return ['--archive-dir', archiveOf(place)];
}

/** @type {Tool} */
export const restic = {
  name: 'restic',
  env: (place) => ({
    RESTIC_PASSWORD: passphrase,
    RESTIC_REPOSITORY: join(place, 'repository'),
    RESTIC_CACHE_DIR: join(place, 'cache'),
  }),
  backup: async (source, place) => {
    await runScript('restic init && restic backup .', { cwd: source, env: restic.env(place) });
  },
  mountCommand: (_place, mountpoint) => ['restic', 'mount', mountpoint],
  treePath: 'snapshots/latest',
  restoreScript: (_place, target) => `restic restore latest --target '${target}'`,
};

/** @type {Tool} */
export const borg = {
  name: 'borg',
  env: (place) => ({
    BORG_PASSPHRASE: passphrase,
    BORG_REPO: join(place, 'repository'),
    BORG_BASE_DIR: place,
  }),
  backup: async (source, place) => {
    await runScript('borg init --encryption repokey && borg create ::tree .', {
      cwd: source,
      env: borg.env(place),
    });
  },
  mountCommand: (_place, mountpoint) => ['borg', 'mount', '--foreground', '::tree', mountpoint],
  treePath: '.',
  restoreScript: (_place, target) => `mkdir '${target}' && cd '${target}' && borg extract ::tree`,
};

/** Those that can be mounted. */
export const mounting = [duplifs, restic, borg];

/** Why a tool cannot take part on this machine; undefined when it can. */
export async function whyMissing(tool) {
  const checks = {
    duplifs: `test -e '${program}'`,
    duplicity: 'duplicity --version',
    restic: 'restic version',
    // mounting takes a Python module that the Debian package only recommends
    borg: 'borg mount --help && /usr/bin/python3 -c "\ntry: import pyfuse3\nexcept ImportError: import llfuse"',
  };
  try {
    await runScript(`{ ${checks[tool.name]}; } >/dev/null`);
    return undefined;
  } catch {
    return tool.name === 'borg'
      ? 'borg with python3-pyfuse3 or python3-llfuse is not installed'
      : `${tool.name} is not installed`;
  }
}
