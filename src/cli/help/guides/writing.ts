/** The commands that write backups and copies of them. */
import type { Guide, Guides } from '../guide.js';

const backup: Guide = {
  summary: 'back up a folder: full the first time, then incremental',
  options: [
    '--encrypt-key',
    '--passphrase-file',
    '--no-encryption',
    '--exclude',
    '--full-if-older-than',
    '--dry-run',
  ],
  examples: [
    'duplifs backup ~/documents file:///mnt/disk/backup',
    "duplifs backup --exclude '**/.cache' /home/me s3://bucket/backup",
  ],
  codes: [1, 13, 23, 31, 50],
  notes:
    'Of selection options the first that fits a path decides; what none fits is backed up. Without --encrypt-key a backup is ' +
    'encrypted with a passphrase: PASSPHRASE in the environment, --passphrase-file, or what is typed.',
};

export const writingGuides: Guides = {
  backup,
  full: {
    ...backup,
    examples: ['duplifs full ~/documents file:///mnt/disk/backup'],
    summary: 'make a full backup, which begins a new chain',
  },
  incremental: {
    ...backup,
    examples: ['duplifs incremental ~/documents file:///mnt/disk/backup'],
    codes: [1, 13, 17, 23, 31, 50],
    summary: 'back up what changed since the last backup',
  },
  consolidate: {
    options: ['--time', '--to', '--prune', '--keep-within', '--keep-last', '--dry-run', '--force'],
    examples: [
      'duplifs consolidate s3://bucket/backup',
      'duplifs consolidate --prune --keep-within 90D --force s3://bucket/backup',
    ],
    codes: [1, 11, 17, 21, 24],
  },
  replicate: {
    options: ['--time', '--delete', '--to-encrypt-key', '--to-passphrase-file', '--dry-run'],
    examples: [
      'duplifs replicate sftp://nas/backup s3://offsite/backup',
      'duplifs replicate --to-encrypt-key 0123ABCD file:///backup s3://offsite/backup',
    ],
    codes: [1, 21, 22, 24],
  },
};
