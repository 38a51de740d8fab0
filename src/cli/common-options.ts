/**
 * The options that all commands on a backup take, from the table of options: duplicity's names and meanings where it
 * has the same. What duplicity has and reading does not need is dropped before a command sees it (line/read-line.ts).
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { archiveFolderFor } from '../target/index.js';
import type { NamePrefixes } from '../archive/index.js';
import { addGroup } from './options/index.js';
import { personality } from './personality.js';
import { storageOptionsHeading } from './storage-options.js';

export { append, parseSize, parseWhole } from './options/index.js';

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
  readonly logFd?: number;
  readonly logFile?: string;
  /** Of the commands that read a tree (time-options.ts). */
  readonly useIncomplete?: boolean;
  readonly currentTime?: number;
}

const commonGroups = ['common', 'log', 'key', 'sign-key', 'key-reading', 'protection'] as const;

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

/** The options of commands that have to do with keys and with no target. */
export function addKeyringOptions(command: Command): Command {
  for (const group of ['verbosity', 'key', 'old-keys'] as const) addGroup(command, group);
  return command;
}

/** Adds the options to a command. What it has of them already, with a meaning of its own, stays. */
export function addCommonOptions(command: Command): Command {
  // "find" has a --name of its own
  if (command.options.some(({ long }) => long === '--name')) {
    command.option('--archive-name <name>', 'name of the cache of this target');
  }
  for (const group of commonGroups) {
    addGroup(command, group);
  }
  return addGroup(command, 'storage', storageOptionsHeading);
}

/** The archive dir's folder of a second target, which has a name of its own: `--name` is that of the first. */
export function archiveFolderOfOther(url: string, { archiveDir }: CommonOptions): string {
  return archiveFolderFor(url, { archiveDir: archiveDir ?? duplicityArchive() });
}

/** The target's own folder in the archive dir. */
export function archiveFolderOf(url: string, { archiveDir, name }: CommonOptions): string {
  return archiveFolderFor(url, { archiveDir: archiveDir ?? duplicityArchive(), name });
}

/** In duplicity's place its archive dir is continued: what it has there need not be fetched again. */
function duplicityArchive(): string | undefined {
  if (!personality().isDuplicity) return undefined;
  const cache = process.env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'duplicity');
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
