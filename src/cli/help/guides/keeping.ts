/** The commands that keep backups well, and remove old ones. */
import type { Guide, Guides } from '../guide.js';

const removal: Pick<Guide, 'options' | 'codes'> = {
  options: ['--force', '--dry-run', '--json', '--lock-wait'],
  codes: [20, 23, 24],
};

export const keepingGuides: Guides = {
  doctor: {
    summary: 'check this machine, the storage, the keys and the backup',
    options: ['--write', '--json'],
    examples: ['duplifs doctor', 'duplifs doctor s3://bucket/backup'],
    codes: [[1, 'a check failed']],
  },
  check: {
    summary: 'check that a backup is whole and as it was written',
    options: ['--read-data', '--json', '--passphrase-file', '--sign-key'],
    examples: [
      'duplifs check s3://bucket/backup',
      'duplifs check --read-data=1/7 s3://bucket/backup',
    ],
    codes: [[1, 'not as it should be'], 5, 21, 22, 24, 31, 50],
  },
  repair: {
    options: ['--force', '--dry-run', '--encrypt-key', '--json'],
    examples: ['duplifs repair s3://bucket/backup', 'duplifs repair --force s3://bucket/backup'],
    codes: [[1, 'not all is well'], 21, 22, 24, 31],
  },
  index: {
    options: ['--since', '--upload', '--dry-run', '--json'],
    examples: [
      'duplifs index s3://bucket/backup --since 3M',
      'duplifs index --upload s3://bucket/backup',
    ],
    codes: [[1, 'a volume cannot be read, or a set got no index'], 20, 23, 31],
  },
  prune: {
    summary: 'remove what no rule keeps, and say why',
    options: [
      '--keep-last',
      '--keep-within',
      '--keep-daily',
      '--keep-weekly',
      '--keep-monthly',
      '--force',
    ],
    examples: ['duplifs prune --keep-daily 14 --keep-monthly 12 --force s3://bucket/backup'],
    codes: [20, 23, 24],
  },
  'remove-older-than': {
    ...removal,
    examples: ['duplifs remove-older-than 1Y --force s3://bucket/backup'],
  },
  'remove-all-but-n-full': {
    ...removal,
    examples: ['duplifs remove-all-but-n-full 3 --force s3://bucket/backup'],
  },
  'remove-all-inc-of-but-n-full': {
    ...removal,
    examples: ['duplifs remove-all-inc-of-but-n-full 1 --force s3://bucket/backup'],
  },
  cleanup: {
    ...removal,
    examples: ['duplifs cleanup --force s3://bucket/backup'],
  },
};
