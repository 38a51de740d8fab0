/** A duply profile: a folder with `conf`, and beside it `exclude`, `pre` and `post`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { splitWords } from '../../base/index.js';
import type { OptionKeys } from '../file/option-key.js';
import type { Draft } from './draft.js';
import { takeOptions } from './duplicity-options.js';
import type { ShellFile } from './shell-assignments.js';

/** Variables whose value is that of an option. */
const optionOf: Readonly<Record<string, string>> = {
  VOLSIZE: 'volsize',
  VERBOSITY: 'verbosity',
  TEMP_DIR: 'tempdir',
  ARCH_DIR: 'archive-dir',
  MAX_FULLBKP_AGE: 'full-if-older-than',
  GPG_OPTS: 'gpg-options',
};

export function fromDuply(
  { folder, file }: { readonly folder: string; readonly file: ShellFile },
  keys: OptionKeys,
  draft: Draft,
): void {
  const values = new Map<string, string>();
  for (const { name, value } of file.assignments) {
    if (value === undefined) draft.leaveOut(name, 'only a shell could find out its value');
    else values.set(name, typeof value === 'string' ? value : value.join(' '));
  }
  const take = (name: string): string => {
    const value = values.get(name) ?? '';
    values.delete(name);
    return value;
  };
  takePlaces(take, draft);
  takeKeys(take, draft);
  for (const [name, key] of Object.entries(optionOf)) {
    const value = take(name);
    if (value !== '') takeOptions([`--${key}=${value}`], keys, draft);
  }
  const parameters = splitWords(take('DUPL_PARAMS'), 'DUPL_PARAMS');
  const own = new Draftless(parameters).without([...draft.values.keys()]);
  for (const word of takeOptions(own, keys, draft)) {
    draft.leaveOut(`DUPL_PARAMS: ${word}`, 'it is no option');
  }
  takeRetention(take, draft);
  takeFiles(folder, draft);
  for (const [name, value] of values) {
    if (/^(AWS_|FTP_|RCLONE_|SWIFT_)/.test(name)) draft.set('secrets', name, value);
    else if (value !== '' && !file.used.has(name))
      draft.leaveOut(name, 'duplifs has nothing for it');
  }
  for (const { line, text } of file.others) {
    draft.leaveOut(`conf, line ${line}: ${text}`, 'it is no assignment, and nothing is run');
  }
}

/** duply has people write "--volsize $VOLSIZE" into DUPL_PARAMS as well: those that are known already are not taken twice. */
class Draftless {
  readonly #words: readonly string[];

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  without(keys: readonly string[]): string[] {
    const left: string[] = [];
    for (let at = 0; at < this.#words.length; at += 1) {
      const word = this.#words[at] ?? '';
      const known = keys.some((key) => word === `--${key}` || word.startsWith(`--${key}=`));
      if (!known) left.push(word);
      else if (!word.includes('=')) at += 1;
    }
    return left;
  }
}

function takePlaces(take: (name: string) => string, draft: Draft): void {
  const [source, target] = [take('SOURCE'), take('TARGET')];
  const [user, password] = [take('TARGET_USER'), take('TARGET_PASS')];
  if (source !== '') draft.values.set('source', source);
  if (target === '') return;
  const [scheme = '', rest = ''] = target.split(/(?<=:\/\/)/);
  const isS3 = /s3/.test(scheme);
  if (user !== '' && isS3) {
    draft.set('secrets', 'AWS_ACCESS_KEY_ID', user);
    if (password !== '') draft.set('secrets', 'AWS_SECRET_ACCESS_KEY', password);
  } else if (password !== '') draft.set('secrets', 'FTP_PASSWORD', password);
  const isAdded = user !== '' && !isS3 && !/^[^/]*@/.test(rest);
  draft.values.set('url', isAdded ? `${scheme}${encodeURIComponent(user)}@${rest}` : target);
}

/** "disabled" and no key at all mean what they say; several keys stand between commas. */
function takeKeys(take: (name: string) => string, draft: Draft): void {
  const [key, encryptKeys, signKey] = [take('GPG_KEY'), take('GPG_KEYS_ENC'), take('GPG_KEY_SIGN')];
  const [passphrase, signPassphrase] = [take('GPG_PW'), take('GPG_PW_SIGN')];
  if (key === 'disabled') {
    draft.values.set('encryption', false);
    return;
  }
  const all = (encryptKeys === '' ? key : encryptKeys).split(',').map((one) => one.trim());
  const encryptTo = all.filter((one) => one !== '');
  if (encryptTo.length > 0) draft.values.set('encrypt-key', encryptTo);
  const signer = signKey === 'disabled' ? '' : signKey === '' ? key : signKey;
  if (signer !== '') draft.values.set('sign-key', signer);
  if (passphrase !== '') draft.set('secrets', 'PASSPHRASE', passphrase);
  const forSigning = signPassphrase === '' ? passphrase : signPassphrase;
  if (signer !== '' && forSigning !== '') draft.set('secrets', 'SIGN_PASSPHRASE', forSigning);
}

function takeRetention(take: (name: string) => string, draft: Draft): void {
  const age = take('MAX_AGE');
  if (age !== '') draft.set('retention', 'remove-older-than', age);
  for (const [name, key] of [
    ['MAX_FULL_BACKUPS', 'remove-all-but-n-full'],
    ['MAX_FULLS_WITH_INCRS', 'remove-all-inc-of-but-n-full'],
  ] as const) {
    const count = take(name);
    if (/^[1-9]\d*$/.test(count)) draft.set('retention', key, Number(count));
  }
}

function takeFiles(folder: string, draft: Draft): void {
  const list = join(folder, 'exclude');
  if (existsSync(list)) draft.selection.push({ kind: 'exclude-filelist', value: list });
  for (const [name, key] of [
    ['pre', 'before'],
    ['post', 'after'],
  ] as const) {
    const script = join(folder, name);
    if (!existsSync(script)) continue;
    draft.leaveOut(script, `look at it, and give it as [run] ${key} = [["sh", "${script}"]]`);
  }
}
