/** The configuration file of duplicity-backup.sh. */
import type { OptionKeys } from '../file/option-key.js';
import { splitWords } from '../../base/index.js';
import type { Draft } from './draft.js';
import { takeOptions } from './duplicity-options.js';
import type { ShellFile } from './shell-assignments.js';

type Value = string | readonly string[];

/** Variables that say nothing to duplifs, and why not. */
const withoutUse: Readonly<Record<string, string>> = {
  SECRET_KEYRING: 'the secret key is taken from the GnuPG keyring',
  LOG_FILE: 'each run has a log file named by its time',
  S3CMD_CONF_FILE: 's3cmd is not needed',
  TMPDIR: 'set TMPDIR, or tempdir = "…" in the profile',
  MAIL: 'mail goes to an SMTP server or through sendmail',
  ECHO: 'duplifs backup --dry-run shows what would be done',
  LANG: 'times and messages are in English',
};

const secretNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'FTP_PASSWORD'];
const plainNames = ['AWS_PROFILE', 'AWS_REGION'];

export function fromDuplicityBackup(
  { assignments, others, used }: ShellFile,
  keys: OptionKeys,
  draft: Draft,
): void {
  const values = new Map<string, Value>();
  for (const { name, value } of assignments) {
    if (value === undefined) {
      if (!(name in withoutUse)) draft.leaveOut(name, 'only a shell could find out its value');
    } else values.set(name, value);
  }
  const text = (name: string): string => {
    const value = values.get(name) ?? '';
    values.delete(name);
    return typeof value === 'string' ? value : value.join(' ');
  };
  takePlaces(draft, text);
  takeKeys(draft, text);
  takeSelection(draft, values);
  for (const name of ['STATIC_OPTIONS', 'STORAGECLASS', 'VERBOSITY', 'GPG_OPTIONS']) {
    const given = text(name);
    const words =
      name === 'GPG_OPTIONS' && given !== '' ? [`--gpg-options=${given}`] : splitWords(given, name);
    for (const word of takeOptions(words, keys, draft))
      draft.leaveOut(`${name}: ${word}`, 'it is no option');
  }
  takeCleanUp(draft, text);
  takeLogs(draft, text);
  takeNotices(draft, text);
  for (const [name, value] of values) {
    if (value.length === 0 || used.has(name)) continue;
    draft.leaveOut(name, withoutUse[name] ?? 'duplifs has nothing for it');
  }
  for (const { line, text: shown } of others) {
    draft.leaveOut(`line ${line}: ${shown}`, 'it is no assignment, and nothing is run');
  }
}

function takePlaces(draft: Draft, text: (name: string) => string): void {
  const [source, url] = [text('ROOT'), text('DEST')];
  if (source !== '') draft.values.set('source', source);
  if (url !== '') draft.values.set('url', url);
  for (const name of secretNames) {
    const value = text(name);
    if (value !== '') draft.set('secrets', name, value);
  }
  const password = text('BACKEND_PASSWORD');
  if (password !== '') draft.set('secrets', 'FTP_PASSWORD', password);
  for (const name of plainNames) {
    const value = text(name);
    if (value !== '') draft.set('environment', name, value);
  }
}

function takeKeys(draft: Draft, text: (name: string) => string): void {
  const isOff = text('ENCRYPTION') === 'no';
  const encryptKey = text('GPG_ENC_KEY');
  const signKey = text('GPG_SIGN_KEY');
  const hidden = text('HIDE_KEY_ID') === 'yes';
  const passphrase = text('PASSPHRASE');
  if (isOff) {
    draft.values.set('encryption', false);
    return;
  }
  // the script uses neither without the other
  if (encryptKey !== '' && signKey !== '') {
    draft.values.set(hidden ? 'hidden-encrypt-key' : 'encrypt-key', encryptKey);
    draft.values.set('sign-key', signKey);
    if (passphrase !== '') draft.set('secrets', 'SIGN_PASSPHRASE', passphrase);
  } else if (encryptKey !== '' || signKey !== '') {
    draft.leaveOut('GPG_ENC_KEY, GPG_SIGN_KEY', 'the script uses none of them where one is empty');
  }
  if (passphrase !== '') draft.set('secrets', 'PASSPHRASE', passphrase);
}

/** In the order in which the script gives them: what is left out, what is taken, and of all else nothing. */
function takeSelection(draft: Draft, values: Map<string, Value>): void {
  const list = (name: string): readonly string[] => {
    const value = values.get(name) ?? [];
    values.delete(name);
    return typeof value === 'string' ? [value].filter((one) => one !== '') : value;
  };
  const [included, excluded, [file]] = [list('INCLIST'), list('EXCLIST'), list('INCEXCFILE')];
  for (const value of excluded) draft.selection.push({ kind: 'exclude', value });
  for (const value of included) {
    draft.selection.push({ kind: 'include', value: value.replace(/(?<=.)\/+$/, '') });
  }
  if (file !== undefined) draft.selection.push({ kind: 'include-filelist', value: file });
  if (included.length > 0 || file !== undefined) {
    draft.selection.push({ kind: 'exclude', value: '**' });
  }
}

function takeCleanUp(draft: Draft, text: (name: string) => string): void {
  const [type, value] = [text('CLEAN_UP_TYPE'), text('CLEAN_UP_VARIABLE')];
  if (type === 'remove-older-than' && value !== '') draft.set('retention', type, value);
  else if (type === 'remove-all-but-n-full' && /^[1-9]\d*$/.test(value)) {
    draft.set('retention', type, Number(value));
  } else if (type !== '' && type !== 'none') {
    draft.leaveOut(`CLEAN_UP_TYPE=${type}`, 'give [retention] a rule of its own');
  }
  const incrementals = text('REMOVE_INCREMENTALS_OLDER_THAN');
  if (/^[1-9]\d*$/.test(incrementals)) {
    draft.set('retention', 'remove-all-inc-of-but-n-full', Number(incrementals));
  }
}

function takeLogs(draft: Draft, text: (name: string) => string): void {
  const folder = text('LOGDIR');
  if (folder !== '') draft.set('log', 'folder', folder.replace(/(?<=.)\/+$/, ''));
  const [owner = '', group = ''] = text('LOG_FILE_OWNER').split(':');
  if (owner !== '') draft.set('log', 'owner', owner);
  if (group !== '') draft.set('log', 'group', group);
  const days = text('REMOVE_LOGS_OLDER_THAN');
  if (/^[1-9]\d*$/.test(days)) draft.set('log', 'keep-days', Number(days));
}

function takeNotices(draft: Draft, text: (name: string) => string): void {
  const failures = ['warning', 'failure', 'overdue'];
  const all = ['success', ...failures];
  const to = text('EMAIL_TO');
  const [from, subject] = [text('EMAIL_FROM'), text('EMAIL_SUBJECT')];
  const mailOn = text('EMAIL_FAILURE_ONLY') === 'yes' ? failures : all;
  if (to !== '') {
    const texts = nonEmpty({ from, subject });
    draft.notices.push({
      kind: 'mail',
      on: mailOn,
      to,
      'attach-log': true,
      ...texts,
    });
  }
  const service = text('NOTIFICATION_SERVICE');
  const on = text('NOTIFICATION_FAILURE_ONLY') === 'yes' ? failures : all;
  const hook = text('SLACK_HOOK_URL');
  if (service === 'slack' && hook !== '') draft.notices.push({ kind: 'slack', on, url: hook });
  else if (service !== '') {
    draft.leaveOut(`NOTIFICATION_SERVICE=${service}`, 'see [[notify]] in docs/profiles.md');
  }
}

function nonEmpty(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
