/** The options of the commands that write backups, and of those that remove them. */
import { inBoth, inNone, none, onlyIn0, onlyIn3, other, same } from './option-row.js';
import type { OptionRow } from './option-row.js';
import {
  append,
  parseBlockLength,
  parseLevel,
  parseVolumeSize,
  parseWait,
  parseWhole,
  positiveNumber,
} from './values.js';

/** The fastest; a few per cent more than duplicity's default makes (docs/writing.md, "Volumes"). */
const defaultLevel = 1;

/** Also of commands that write sets without a source. */
const encoding = ['write', 'encoding'] as const;
const recipients = ['write', 'encoding', 'recipients'] as const;
const size = ['write', 'size'] as const;
const content = ['write', 'content'] as const;

export const writeRows: readonly OptionRow[] = [
  row('--encrypt-key <id>', 'encrypt to this key (repeatable)', {
    groups: recipients,
    initial: [],
    parse: append,
  }),
  row('--hidden-encrypt-key <id>', 'encrypt to this key without naming it', {
    groups: recipients,
    initial: [],
    parse: append,
  }),
  row('--encrypt-sign-key <id>', 'encrypt to this key and sign with it', { groups: recipients }),
  row('--no-encryption', 'write volumes that anybody can read', { groups: encoding }),
  row('--no-compression', 'write volumes that are not compressed', { groups: encoding }),
  own('--compression-level <level>', '1 (fast, by ISA-L where it is installed) to 9 (small)', {
    groups: encoding,
    initial: defaultLevel,
    parse: parseLevel,
  }),
  row('--volsize <mib>', 'size of the volumes in MiB', {
    groups: size,
    initial: 200,
    parse: parseVolumeSize,
  }),
  row('--max-blocksize <bytes>', 'longest block of a signature', {
    groups: size,
    initial: 2048,
    parse: parseBlockLength,
  }),
  row('--allow-source-mismatch', 'continue the backup of another host or folder', {
    initial: false,
  }),
  own('--allow-other-keys', 'continue a chain that these keys or passphrase do not open', {
    initial: false,
  }),
  own(
    '--allow-empty-source',
    'take an empty folder for the source where the last backup had files',
    { initial: false },
  ),
  own('--strict', 'end with 1 also when files only changed while they were read', {
    initial: false,
  }),
  row('-L, --copy-links', 'back up what symbolic links point to', {
    initial: false,
    groups: ['write'],
  }),
  row('-n, --dry-run', 'write nothing, show what would be done', { initial: false }),
  row('--full-if-older-than <time>', 'start a new chain when the full is older than this'),
  row('--skip-if-no-change', 'write no set when nothing has changed', {
    versions: onlyIn3,
    initial: false,
  }),
  own('--no-index', 'write no index: mounts then have to read the volumes', { groups: content }),
  row('--no-files-changed', 'leave the list of changed files out of the manifest', {
    groups: content,
  }),
  row('--no-print-statistics', 'print no statistics at the end'),
  own('--json', 'print the statistics as one JSON line', { initial: false }),
  row('--jsonstat', 'print the statistics as duplicity 3 does with this option', {
    versions: onlyIn3,
    initial: false,
  }),
  own('--no-progress', 'show no progress on the terminal'),
  row('--progress', 'print a line every few seconds that says how far the backup is', {
    effect: other('the source is counted beside the backup, and not by a dry run before it'),
    preset: 'lines',
  }),
  row('--progress-rate <seconds>', 'how often that line comes (3)', {
    initial: 3,
    parse: positiveNumber,
  }),
  row('--concurrency <number>', 'accepted without effect', {
    versions: onlyIn3,
    effect: none('volumes always go up beside the work; see --storage-concurrency'),
    parse: parseWhole,
    isHidden: true,
  }),
  row('--fail-on-volume <number>', 'for tests: fail when this volume was stored', {
    versions: onlyIn0,
    parse: parseWhole,
    isHidden: true,
  }),
  row('--skip-volume <number>', 'for tests: do not store this volume', {
    parse: parseWhole,
    isHidden: true,
  }),
  own('--lock-wait <time>', 'how long to wait for another backup: 30 (seconds), 10m, 2h', {
    groups: ['write', 'lock'],
    initial: 0,
    parse: parseWait,
  }),
];

export const removalRows: readonly OptionRow[] = [
  row('-n, --dry-run', 'remove nothing, show what would be done', {
    groups: ['removal'],
    initial: false,
  }),
  own('--json', 'print one JSON line', { groups: ['removal'], initial: false }),
  own('--lock-wait <time>', 'how long to wait for a backup: 30 (seconds), 10m, 2h', {
    groups: ['removal'],
    initial: 0,
    parse: parseWait,
  }),
];

type Details = Partial<OptionRow>;

function row(flags: string, help: string, details: Details = {}): OptionRow {
  return { flags, help, versions: inBoth, effect: same, groups: ['write'], ...details };
}

function own(flags: string, help: string, details: Details = {}): OptionRow {
  return { flags, help, versions: inNone, effect: same, groups: ['write'], ...details };
}
