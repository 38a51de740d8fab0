/** The commands on keys, and the kit. */
import type { Guides } from '../guide.js';

export const keyGuides: Guides = {
  key: {
    options: [],
    examples: ["duplifs key generate 'Backup of laptop'", 'duplifs key test s3://bucket/backup'],
    codes: [],
  },
  'key generate': {
    options: [
      '--email',
      '--sign',
      '--expires',
      '--to-files',
      '--passphrase-file',
      '--generate-passphrase',
    ],
    examples: ["duplifs key generate 'Backup of laptop' --sign --generate-passphrase"],
    codes: [11, 31],
  },
  'key list': {
    options: ['--json'],
    examples: ['duplifs key list', 'duplifs key list s3://bucket/backup'],
    codes: [[31, 'a set can be opened by nobody here']],
  },
  'key export': {
    options: ['--secret', '--bundle-passphrase-file', '--generate-passphrase', '--force'],
    examples: [
      'duplifs key export 0123ABCD public.asc',
      'duplifs key export --secret 0123ABCD keys.gpg',
    ],
    codes: [11, 31],
  },
  'key import': {
    options: ['--trust', '--bundle-passphrase-file', '--json'],
    examples: ['duplifs key import keys.gpg'],
    codes: [31],
  },
  'key trust': {
    options: ['--level'],
    examples: ['duplifs key trust 0123456789ABCDEF0123456789ABCDEF01234567'],
    codes: [31],
  },
  'key test': {
    options: ['--all', '--key-file', '--json'],
    examples: ['duplifs key test s3://bucket/backup'],
    codes: [21, 24, 31],
  },
  kit: {
    options: [
      '--profile',
      '--with-credentials',
      '--with-passphrases',
      '--kit-passphrase-file',
      '--generate-passphrase',
    ],
    examples: [
      'duplifs kit s3://bucket/backup kit.gpg --with-credentials',
      'duplifs kit open kit.gpg',
    ],
    codes: [11, 20, 31],
  },
  'kit open': {
    options: ['--into', '--no-keyring', '--no-test', '--kit-passphrase-file'],
    examples: ['duplifs kit open kit.gpg'],
    codes: [11, 21, 24, 31],
  },
};
