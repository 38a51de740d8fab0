/** The options of the commands that write backups: duplicity's names and meanings where it has the same. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { parseInterval } from '../../time/index.js';
import { addCommonOptions, append, parseWhole } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';

/** How files are encrypted and compressed. */
export interface EncodingOptions extends CommonOptions {
  readonly encryption: boolean;
  readonly compression: boolean;
  readonly compressionLevel: number;
  readonly encryptKey: readonly string[];
  readonly hiddenEncryptKey: readonly string[];
}

export interface WriteOptions extends EncodingOptions {
  readonly volsize: number;
  readonly maxBlocksize: number;
  readonly allowSourceMismatch: boolean;
  readonly allowEmptySource: boolean;
  readonly allowOtherKeys: boolean;
  readonly strict: boolean;
  readonly copyLinks: boolean;
  readonly dryRun: boolean;
  readonly fullIfOlderThan?: string;
  readonly skipIfNoChange: boolean;
  readonly index: boolean;
  readonly filesChanged: boolean;
  readonly printStatistics: boolean;
  readonly json: boolean;
  readonly jsonstat: boolean;
  readonly progress: boolean;
  readonly lockWait: number;
}

/** Adds the options that say to whom something is encrypted. */
export function addRecipientOptions(command: Command): Command {
  return command
    .option('--encrypt-key <id>', 'encrypt to this key (repeatable)', append, [])
    .option('--hidden-encrypt-key <id>', 'encrypt to this key without naming it', append, [])
    .option('--encrypt-sign-key <id>', 'encrypt to this key and sign with it');
}

/** Adds the options to a command. */
export function addWriteOptions(command: Command): Command {
  addRecipientOptions(command)
    .option('--no-encryption', 'write volumes that anybody can read')
    .option('--no-compression', 'write volumes that are not compressed')
    .option(
      '--compression-level <level>',
      '1 (fast, by ISA-L where it is installed) to 9 (small)',
      parseLevel,
      defaultLevel,
    )
    .option('--volsize <mib>', 'size of the volumes in MiB', parseVolumeSize, 200)
    .option('--max-blocksize <bytes>', 'longest block of a signature', parseBlockLength, 2048)
    .option('--allow-source-mismatch', 'continue the backup of another host or folder', false)
    .option(
      '--allow-other-keys',
      'continue a chain that these keys or passphrase do not open',
      false,
    )
    .option(
      '--allow-empty-source',
      'take an empty folder for the source where the last backup had files',
      false,
    )
    .option('--strict', 'end with 1 also when files only changed while they were read', false)
    .option('-L, --copy-links', 'back up what symbolic links point to', false)
    .option('-n, --dry-run', 'write nothing, show what would be done', false)
    .option('--full-if-older-than <time>', 'start a new chain when the full is older than this')
    .option('--skip-if-no-change', 'write no set when nothing has changed', false)
    .option('--no-index', 'write no index: mounts then have to read the volumes')
    .option('--no-files-changed', 'leave the list of changed files out of the manifest')
    .option('--no-print-statistics', 'print no statistics at the end')
    .option('--json', 'print the statistics as one JSON line', false)
    .option('--jsonstat', 'print the statistics as duplicity 3 does with this option', false)
    .option('--no-progress', 'show no progress on the terminal')
    .addOption(
      new Option('--lock-wait <time>', 'how long to wait for another backup: 30 (seconds), 10m, 2h')
        .argParser(parseWait)
        .default(0),
    );
  return addCommonOptions(command);
}

/** The fastest; a few per cent more than duplicity's default makes (docs/writing.md, "Volumes"). */
const defaultLevel = 1;

/** Seconds, from a number of them or an interval. */
export function parseWait(text: string): number {
  return /^\d+$/.test(text) ? parseWhole(text) : parseInterval(text);
}

function parseLevel(text: string): number {
  const level = parseWhole(text);
  if (level < 1 || level > 9) throw new InvalidArgumentError('Give a level from 1 to 9.');
  return level;
}

function parseVolumeSize(text: string): number {
  const size = parseWhole(text);
  if (size < 1 || size > 65536) throw new InvalidArgumentError('Give 1 to 65536 MiB.');
  return size;
}

function parseBlockLength(text: string): number {
  const length = parseWhole(text);
  if (length < 512 || length > 16 * 1024 * 1024) {
    throw new InvalidArgumentError('Give 512 to 16777216 bytes.');
  }
  return length;
}
