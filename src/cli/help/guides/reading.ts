/** The commands that show what there is, and give it back. */
import type { Guides } from '../guide.js';

const path = '--path-to-restore';
const keys = ['--passphrase-file', '--key-file'];

export const readingGuides: Guides = {
  mount: {
    summary: 'show every backup as read-only folders',
    options: ['--time', path, '--daemon', '--allow-other', ...keys],
    examples: [
      'duplifs mount s3://bucket/backup /mnt/backup',
      'duplifs mount file:///srv/backup /mnt/backup --time 3D -r home/me',
    ],
    codes: [20, 25, 31],
    notes:
      'Shown are snapshots/ (a folder for each backup set), latest (the newest whole one), at/<time> (as at/3D) ' +
      'and versions/<path>/ (every version of every file). It runs until umount, Ctrl-C or SIGTERM, or until its ' +
      'terminal is closed (SIGHUP; not under nohup).',
  },
  umount: {
    options: ['--force'],
    examples: ['duplifs umount /mnt/backup'],
    codes: [25],
  },
  restore: {
    options: [
      '--time',
      path,
      '--into-dated-folder',
      '--to-original',
      '--dry-run',
      '--force',
      '--passphrase-file',
    ],
    examples: [
      'duplifs restore s3://bucket/backup /tmp/restored',
      'duplifs restore laptop ~/restored -t 3D -r documents/report.odt',
    ],
    codes: [1, 11, 19, 20, 31],
  },
  'list-current-files': {
    summary: 'list the files in the backup at a time',
    options: ['--time', path, '--long', '--json', ...keys],
    examples: ['duplifs ls s3://bucket/backup', 'duplifs ls laptop --time 1W --long'],
    codes: [1, 19, 20, 31],
  },
  find: {
    summary: 'find every version of matching paths, deleted ones too',
    options: ['--type', '--size', '--changed-since', '--deleted', '--json'],
    examples: [
      "duplifs find s3://bucket/backup '*.odt'",
      "duplifs find laptop 'home/me/*' --deleted --changed-since 1M",
    ],
    codes: [[1, 'no match'], 20, 31],
  },
  history: {
    summary: "show each version of one path, or a profile's runs",
    options: ['--json', '--count'],
    examples: ['duplifs history s3://bucket/backup home/me/report.odt', 'duplifs history laptop'],
    codes: [1, 20, 31],
  },
  diff: {
    options: ['--with', '--compare-data', '--stat', '--json'],
    examples: [
      'duplifs diff s3://bucket/backup 1W latest home/me',
      'duplifs diff laptop latest --with /home/me',
    ],
    codes: [1, 20, 31],
    notes: 'A difference is no failure: the exit code is 0.',
  },
  cat: {
    options: ['--time', ...keys],
    examples: ['duplifs cat s3://bucket/backup home/me/notes.txt --time 3D'],
    codes: [1, 19, 20, 21, 31],
  },
  dump: {
    options: ['--time', '--format', ...keys],
    examples: [
      'duplifs dump s3://bucket/backup home/me > me.tar',
      'duplifs dump laptop --format zip > all.zip',
    ],
    codes: [1, 19, 20, 21, 31],
  },
  'collection-status': {
    options: ['--show-changes-in-set', '--file-changed', '--json'],
    examples: ['duplifs status s3://bucket/backup', 'duplifs status laptop --json'],
    codes: [[1, 'something is missing'], 20, 22, 31],
  },
  verify: {
    options: ['--compare-data', '--time', path, '--exclude', ...keys],
    examples: [
      'duplifs verify s3://bucket/backup /home/me',
      'duplifs verify --compare-data s3://bucket/backup /home/me',
    ],
    codes: [[1, 'something differs'], 20, 21, 24, 31],
  },
};
