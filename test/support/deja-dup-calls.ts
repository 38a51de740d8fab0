/**
 * How Déjà Dup calls duplicity: recorded from Debian's 44.0 under Xvfb, with a local folder as storage location, for a first
 * backup, the next one and a restore of one folder. HOME, TARGET and TIME stand for what differs each time.
 */

export interface RecordedCall {
  readonly args: readonly string[];
  /** The PASSPHRASE in the environment; undefined where there is none. */
  readonly passphrase: string | undefined;
}

const ending = [
  '--verbosity=9',
  '--timeout=120',
  '--archive-dir=HOME/.cache/deja-dup',
  '--tempdir=/tmp',
  '--log-fd=7',
];
const selection = [
  '--include=HOME/.cache/deja-dup/metadata',
  '--exclude=HOME/snap/*/*/.cache',
  '--exclude=HOME/.var/app/*/cache',
  '--exclude=HOME/left',
  '--exclude=HOME/.cache/deja-dup',
  '--exclude=HOME/.cache',
  '--include=HOME',
  '--exclude=/sys',
  '--exclude=/run',
  '--exclude=/proc',
  '--exclude=/dev',
  '--exclude=/var/tmp',
  '--exclude=/tmp',
  '--exclude=TARGET',
  '--exclude=**',
  '--exclude-if-present=CACHEDIR.TAG',
  '--exclude-if-present=.deja-dup-ignore',
];
const url = 'gio+file://TARGET';
const passphrase = 'hemlig';

/** What is there, before a passphrase is known. */
const look: RecordedCall = {
  args: ['collection-status', ...selection, url, '--no-encryption', ...ending],
  passphrase: '',
};
const lookAgain: RecordedCall = { args: ['collection-status', url, ...ending], passphrase };
const lookToRestore: RecordedCall = {
  args: ['collection-status', url, '--no-encryption', ...ending],
  passphrase: '',
};
const tryRestore: RecordedCall = {
  args: [
    ...['restore', '--file-to-restore=HOME/.cache/deja-dup/metadata'],
    ...['--do-not-restore-ownership', '--force', url, 'HOME/.cache/deja-dup/metadata', ...ending],
  ],
  passphrase,
};

function backup(verb: readonly string[], isDry: boolean, given: string | undefined): RecordedCall {
  const dry = isDry ? ['--dry-run'] : [];
  return {
    args: [...verb, ...selection, ...dry, '--volsize=200', '/', url, ...ending],
    passphrase: given,
  };
}

function restore(given: string | undefined): RecordedCall {
  return {
    args: [
      ...['restore', '--file-to-restore=HOME/Documents', '--time=TIME'],
      ...['--do-not-restore-ownership', '--force', url, 'HOME/Documents', ...ending],
    ],
    passphrase: given,
  };
}

export const firstBackup: readonly RecordedCall[] = [
  look,
  backup(['full'], true, passphrase),
  backup(['full'], false, passphrase),
  lookAgain,
  tryRestore,
];

export const nextBackup: readonly RecordedCall[] = [
  look,
  backup([], true, undefined), // tells that a passphrase is wanted
  backup([], true, passphrase),
  backup([], false, passphrase),
  lookAgain,
  tryRestore,
];

export const restoreOfFolder: readonly RecordedCall[] = [
  lookToRestore,
  {
    args: ['list-current-files', '--time=TIME', url, '--no-encryption', ...ending],
    passphrase: '',
  },
  lookToRestore,
  restore(undefined),
  lookAgain,
  restore(passphrase),
];
