/**
 * The options that all commands take: duplicity's names and meanings where it has the same, and those of
 * duplicity that reading does not need, so that a command line can be kept.
 */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { archiveFolderFor } from '../target/index.js';
import type { NamePrefixes } from '../archive/index.js';
import { defaultVerbosity, parseVerbosity } from './log.js';
import { storageOptions, storageOptionsHeading } from './storage-options.js';

export interface CommonOptions {
  readonly archiveDir?: string;
  readonly name?: string;
  readonly tempdir?: string;
  readonly filePrefix: string;
  readonly filePrefixArchive: string;
  readonly filePrefixManifest: string;
  readonly filePrefixSignature: string;
  readonly filePrefixJsonstat: string;
  readonly timeSeparator?: string;
  readonly force: boolean;
  readonly verbosity: number;
  readonly gpgBinary: string;
  readonly gpgOptions: string;
  readonly useAgent: boolean;
  readonly passphraseFile: readonly string[];
  readonly keyFile: readonly string[];
  readonly signKey?: string;
  readonly encryptSignKey?: string;
  readonly allowOldKeys: boolean;
  readonly ignoreMdcError: boolean;
  readonly allowUnprotected: boolean;
  readonly requireEncryption: boolean;
  readonly allowRollback: boolean;
  readonly cacheSize: number;
  readonly numericOwner: boolean;
  /** Of the commands that read a tree (time-options.ts). */
  readonly useIncomplete?: boolean;
  readonly currentTime?: number;
}

/** Of them, those that say which keys and passphrases there are. */
export type KeyOptions = Pick<
  CommonOptions,
  | 'gpgBinary'
  | 'gpgOptions'
  | 'useAgent'
  | 'passphraseFile'
  | 'keyFile'
  | 'allowOldKeys'
  | 'verbosity'
>;

/** Adds the options to a command. */
export function addCommonOptions(command: Command): Command {
  const cacheName = has(command, '--name') ? '--archive-name <name>' : '--name <name>';
  command
    .option('--archive-dir <folder>', 'parent of the local caches (default: ~/.cache/duplifs)')
    .option(cacheName, 'name of the cache of this target (default: made from the URL)')
    .option(
      '--tempdir <folder>',
      'where the cache of decoded volumes lies (default: $TMPDIR or /tmp)',
    )
    .option('--file-prefix <text>', 'prefix of all file names on the storage', '')
    .option('--file-prefix-archive <text>', 'prefix of the names of volumes', '')
    .option('--file-prefix-manifest <text>', 'prefix of the names of manifests', '')
    .option('--file-prefix-signature <text>', 'prefix of the names of signatures', '')
    .option('--file-prefix-jsonstat <text>', 'prefix of the names of statistics', '')
    .option('--time-separator <character>', 'separator of times in old file names')
    .option('--force', 'go on where a command would refuse', false);
  addVerbosity(command);
  addKeyOptions(command);
  addSignOptions(command);
  addOldKeysOption(command);
  command
    .option(
      '--ignore-mdc-error',
      'serve encrypted data whose integrity code is missing or wrong: changes by others go unnoticed',
      false,
    )
    .option(
      '--cache-size <bytes>',
      'disk for decoded volumes, as 500M or 2G',
      parseSize,
      2 * 2 ** 30,
    )
    .option('--numeric-owner', 'owners by their stored numbers, not by their names', false);
  addProtectionOptions(command);
  for (const { flags, description, parse } of storageOptions) {
    const option = new Option(flags, description).helpGroup(storageOptionsHeading);
    if (parse !== undefined) option.argParser(parse);
    command.addOption(option);
  }
  for (const flags of ignoredOptions) {
    const option = new Option(flags).hideHelp();
    if (!has(command, option.long)) command.addOption(option);
  }
  command.addOption(
    new Option('--current-time <seconds>', 'take this for now').argParser(parseWhole).hideHelp(),
  );
  return command;
}

/** The options of commands that have to do with keys and with no target. */
export function addKeyringOptions(command: Command): Command {
  addVerbosity(command);
  addKeyOptions(command);
  return addOldKeysOption(command);
}

function addVerbosity(command: Command): void {
  command
    .option('-v, --verbosity <level>', '0 to 9, or error, warning, notice, info, debug', verbosity)
    .setOptionValue('verbosity', defaultVerbosity);
}

function addOldKeysOption(command: Command): Command {
  return command.option(
    '--allow-old-keys',
    'use DSA and ElGamal keys and SHA-1 signatures, which are weak',
    false,
  );
}

/** What opens a backup. */
function addKeyOptions(command: Command): void {
  command
    .option('--gpg-binary <program>', 'the gpg program', 'gpg')
    .option(
      '--gpg-options <words>',
      'more options for gpg (repeatable); where a backup is written, one that cannot be heeded is refused',
      appendWords,
      '',
    )
    .option('--use-agent', 'never ask for a passphrase: the GnuPG agent does', false)
    .option(
      '--passphrase-file <file>',
      'passphrases besides PASSPHRASE, one a line (repeatable)',
      append,
      [],
    )
    .option(
      '--key-file <file>',
      'an exported key to open backups with, or several, encrypted as by gpg -c or not (repeatable)',
      append,
      [],
    );
}

/** Who must have signed what is read. */
function addSignOptions(command: Command): void {
  command.option('--sign-key <id>', 'refuse volumes that this key has not signed');
  if (!has(command, '--encrypt-sign-key')) {
    command.option('--encrypt-sign-key <id>', 'the same, as duplicity writes with it');
  }
}

/** What is demanded of a backup's protection, or waived. */
function addProtectionOptions(command: Command): void {
  command
    .option(
      '--allow-unprotected',
      'take files that are less protected than the rest of their chain: anybody could have written them',
      false,
    )
    .option('--require-encryption', 'refuse chains that are not encrypted', false)
    .option(
      '--allow-rollback',
      'take what is there for the newest, though this machine has seen a newer backup set',
      false,
    );
}

/** The commands that write have some of the options with another meaning, and add those before. */
function has(command: Command, name: string | undefined): boolean {
  return command.options.some(({ long }) => long === name);
}

/** Options of duplicity that say how to write; reading finds out by itself. */
const ignoredOptions = [
  '--no-encryption',
  '--no-compression',
  '--encrypt-key <id>',
  '--hidden-encrypt-key <id>',
  '--encrypt-secret-keyring <file>',
  '--volsize <mib>',
  '--max-blocksize <bytes>',
  '--metadata-sync-mode <mode>',
  '--no-print-statistics',
  '--asynchronous-upload',
  '--allow-source-mismatch',
  '--log-timestamp',
];

/** The archive dir's folder of a second target, which has a name of its own: `--name` is that of the first. */
export function archiveFolderOfOther(url: string, { archiveDir }: CommonOptions): string {
  return archiveFolderFor(url, { archiveDir });
}

/** The target's own folder in the archive dir. */
export function archiveFolderOf(url: string, { archiveDir, name }: CommonOptions): string {
  return archiveFolderFor(url, { archiveDir, name });
}

export function prefixesOf(options: CommonOptions): NamePrefixes {
  return {
    all: options.filePrefix,
    volume: options.filePrefixArchive,
    manifest: options.filePrefixManifest,
    signatures: options.filePrefixSignature,
    statistics: options.filePrefixJsonstat,
  };
}

/** Now in whole seconds since the epoch, or what --current-time says. */
export function nowSeconds(options: Pick<CommonOptions, 'currentTime'>): number {
  return options.currentTime ?? Math.floor(Date.now() / 1000);
}

/** A number of bytes with an optional binary unit: 300000, 500M, 2G. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text);
  const unit = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }[
    (match?.[2] ?? '').toLowerCase()
  ];
  const bytes = Number(match?.[1]) * (unit ?? NaN);
  if (!Number.isSafeInteger(Math.round(bytes))) {
    throw new InvalidArgumentError('Give a number of bytes, as 500M or 2G.');
  }
  return Math.round(bytes);
}

/** A whole number from 0. */
export function parseWhole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('Give a whole number.');
  }
  return value;
}

/** Collects an option that may be repeated. */
export function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function appendWords(value: string, before: string): string {
  return before === '' ? value : `${before} ${value}`;
}

function verbosity(text: string): number {
  const level = parseVerbosity(text);
  if (level === undefined) {
    throw new InvalidArgumentError('Give 0 to 9, or error, warning, notice, info or debug.');
  }
  return level;
}
