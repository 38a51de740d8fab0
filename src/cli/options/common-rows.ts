/** The options that all commands on a backup take. */
import { inBoth, inNone, none, onlyIn0, onlyIn3, other, same } from './option-row.js';
import type { OptionRow } from './option-row.js';
import {
  append,
  appendWords,
  parseDescriptor,
  parseSize,
  parseWhole,
  verbosity,
} from './values.js';
import { defaultVerbosity } from '../verbosity.js';

const common = { effect: same, groups: ['common'] } as const;
const key = { effect: same, groups: ['key'] } as const;
const protection = { effect: same, groups: ['protection'], versions: inNone } as const;
const log = { effect: same, groups: ['log'], versions: inBoth } as const;

export const commonRows: readonly OptionRow[] = [
  {
    ...common,
    flags: '--archive-dir <folder>',
    help: 'parent of the local caches (default: ~/.cache/duplifs)',
    versions: inBoth,
    effect: other('its default is ~/.cache/duplifs; called as duplicity it is ~/.cache/duplicity'),
    isPath: true,
  },
  {
    ...common,
    flags: '--name <name>',
    help: 'name of the cache of this target (default: made from the URL)',
    versions: inBoth,
  },
  {
    ...common,
    flags: '--tempdir <folder>',
    help: 'where the cache of decoded volumes lies (default: $TMPDIR or /tmp)',
    versions: inBoth,
    isPath: true,
  },
  prefix('--file-prefix', 'prefix of all file names on the storage'),
  prefix('--file-prefix-archive', 'prefix of the names of volumes'),
  prefix('--file-prefix-manifest', 'prefix of the names of manifests'),
  prefix('--file-prefix-signature', 'prefix of the names of signatures'),
  { ...prefix('--file-prefix-jsonstat', 'prefix of the names of statistics'), versions: onlyIn3 },
  {
    ...common,
    flags: '--time-separator <character>',
    help: 'separator of times in old file names',
    versions: inBoth,
  },
  {
    ...common,
    flags: '--force',
    help: 'go on where a command would refuse',
    versions: inBoth,
    initial: false,
  },
  {
    ...common,
    groups: ['common', 'verbosity'],
    flags: '-v, --verbosity <level>',
    help: '0 to 9, or error, warning, notice, info, debug',
    versions: inBoth,
    initial: defaultVerbosity,
    parse: verbosity,
  },
  {
    ...common,
    flags: '--cache-size <bytes>',
    help: 'disk for decoded volumes, as 500M or 2G',
    versions: inNone,
    initial: 2 * 2 ** 30,
    parse: parseSize,
  },
  {
    ...common,
    flags: '--numeric-owner',
    help: 'owners by their stored numbers, not by their names',
    versions: inBoth,
    initial: false,
  },
  {
    ...common,
    flags: '--current-time <seconds>',
    help: 'take this for now',
    versions: inBoth,
    parse: parseWhole,
    isHidden: true,
  },
];

function prefix(name: string, help: string): OptionRow {
  return { ...common, flags: `${name} <text>`, help, versions: inBoth, initial: '' };
}

export const keyRows: readonly OptionRow[] = [
  {
    ...key,
    flags: '--gpg-binary <program>',
    help: 'the gpg program',
    versions: inBoth,
    initial: 'gpg',
    isPath: true,
  },
  {
    ...key,
    flags: '--gpg-options <words>',
    help: 'more options for gpg (repeatable); where a backup is written, one that cannot be heeded is refused',
    versions: inBoth,
    effect: other(
      'duplifs encrypts by itself: those that it knows are heeded, others are refused where a backup is written',
    ),
    initial: '',
    parse: appendWords,
  },
  {
    ...key,
    flags: '--use-agent',
    help: 'never ask for a passphrase: the GnuPG agent does',
    versions: inBoth,
    initial: false,
  },
  {
    ...key,
    flags: '--passphrase-file <file>',
    help: 'passphrases besides PASSPHRASE, one a line (repeatable)',
    versions: inNone,
    initial: [],
    parse: append,
    isPath: true,
  },
  {
    ...key,
    flags: '--key-file <file>',
    help: 'an exported key to open backups with, or several, encrypted as by gpg -c or not (repeatable)',
    versions: inNone,
    initial: [],
    parse: append,
    isPath: true,
  },
  {
    ...key,
    groups: ['sign-key'],
    flags: '--sign-key <id>',
    help: 'refuse volumes that this key has not signed',
    versions: inBoth,
    effect: other(
      'a volume that another key has signed is refused before anything of it is used, and not afterwards; what is not signed at all is refused as well',
    ),
  },
  {
    ...key,
    flags: '--encrypt-sign-key <id>',
    help: 'the same, as duplicity writes with it',
    versions: inBoth,
    groups: ['key-reading'],
  },
  {
    flags: '--encrypt-secret-keyring <file>',
    help: 'accepted without effect',
    versions: inBoth,
    effect: none('GnuPG has one keyring since 2.1; see --key-file'),
    groups: [],
  },
];

export const protectionRows: readonly OptionRow[] = [
  {
    ...protection,
    groups: ['protection', 'old-keys'],
    flags: '--allow-old-keys',
    help: 'use DSA and ElGamal keys and SHA-1 signatures, which are weak',
    initial: false,
  },
  {
    ...protection,
    flags: '--ignore-mdc-error',
    help: 'serve encrypted data whose integrity code is missing or wrong: changes by others go unnoticed',
    initial: false,
  },
  {
    ...protection,
    flags: '--allow-unprotected',
    help: 'take files that are less protected than the rest of their chain: anybody could have written them',
    initial: false,
  },
  {
    ...protection,
    flags: '--require-encryption',
    help: 'refuse chains that are not encrypted',
    initial: false,
  },
  {
    ...protection,
    flags: '--allow-rollback',
    help: 'take what is there for the newest, though this machine has seen a newer backup set',
    initial: false,
  },
];

export const logRows: readonly OptionRow[] = [
  {
    ...log,
    flags: '--log-fd <number>',
    help: 'write records for programs to this open file descriptor',
    parse: parseDescriptor,
  },
  {
    ...log,
    flags: '--log-file <file>',
    help: 'append records for programs to this file',
    isPath: true,
  },
];

/** What duplicity takes with any command, and duplifs has nothing to do for. */
export const unusedRows: readonly OptionRow[] = [
  {
    ...unused('-V, --version', ''),
    help: 'print the version',
    effect: other('called as duplicity: the version of duplicity that is followed'),
  },
  { ...unused('-h, --help', ''), help: 'print the help', effect: same },
  unused('--log-timestamp', 'it has none in duplicity 3.0.2 either'),
  unused('--metadata-sync-mode <mode>', 'the catalog is filled with what is needed of each chain'),
  unused('--config-dir <folder>', 'duplicity has no use for it either'),
  unused('--pydevd', "it starts a debugger of duplicity's"),
  {
    ...unused('--no-check-remote', 'the listing of the storage is needed, and is one call'),
    versions: onlyIn3,
  },
  { ...unused('--copy-blocksize <kib>', 'pieces have a fixed size'), versions: onlyIn3 },
  { ...unused('--asynchronous-upload', 'volumes always go up beside the work'), versions: inBoth },
  {
    ...unused(
      '--old-filenames',
      'such names are read without it; names are written as 3.x has them',
    ),
    versions: onlyIn0,
  },
  {
    ...unused(
      '--short-filenames',
      'such names are read without it; names are written as 3.x has them',
    ),
    versions: onlyIn0,
  },
];

function unused(flags: string, why: string): OptionRow {
  return {
    flags,
    help: 'accepted without effect',
    versions: inBoth,
    effect: none(why),
    groups: [],
  };
}
