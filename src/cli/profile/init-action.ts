/** `duplifs init`. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { DuplifsError, replaceFile } from '../../base/index.js';
import { generateKey, generatePassphrase, listGpgKeys, usualWords } from '../../openpgp/index.js';
import {
  Draft,
  draftText,
  expandHome,
  loadProfile,
  ownProfileFolder,
  parseSchedule,
} from '../../profiles/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { intoKeyring } from '../keys/into-keyring.js';
import type { InitOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import type { Log } from '../log.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { passphrasesIn } from '../secrets.js';
import { answersFrom, askAnswers } from './init-answers.js';
import type { InitAnswers } from './init-answers.js';
import { tryProfile } from './init-test.js';
import type { ProfileMeans } from './means.js';
import { runOwn } from './run-own.js';
import { writeSchedule } from './schedule-action.js';
import { newProfilePath, writeProfile } from './write-profile.js';

export async function initAction(
  name: string | undefined,
  options: InitOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log, signal }) => {
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
    const answers = isTerminal ? await askAnswers(name, options) : answersFrom(name, options);
    const path = newProfilePath(answers.name);
    if (existsSync(path) && !options.force) {
      throw new DuplifsError('PROFILE', `There is a profile "${answers.name}" already: "${path}"`, {
        hint: `Change it: duplifs profile edit ${answers.name}; or give --force to replace it`,
      });
    }
    const kept = await keepSecrets(answers, options.force, { log, signal });
    await writeProfile(answers.name, textOf(answers, kept), { force: options.force });
    log.notice(`Wrote "${path}"`);
    tellOfSecrets(kept, log);
    if (options.test) await tryProfile(answers.name, { log, signal });
    const begun = await begin(answers, options, { means, log, isTerminal });
    const status = await writeKit(answers.name, options, { isTerminal, log, keyId: kept.keyId });
    return begun === 0 ? status : begun;
  });
}

interface KeptSecrets {
  readonly passphraseFile?: string;
  /** Of a new key, which the passphrase protects. */
  readonly keyId?: string;
}

/** Writes a passphrase that was typed, or that of a new key, into a file of its own, and makes the key. */
async function keepSecrets(
  { name, protection }: InitAnswers,
  force: boolean,
  { log, signal }: Pick<CommandContext, 'log' | 'signal'>,
): Promise<KeptSecrets> {
  if (protection.kind === 'passphrase') {
    return { passphraseFile: await keepPassphrase(name, protection.text, force) };
  }
  if (protection.kind !== 'new-key') return {};
  const gpg = { binary: 'gpg', options: [], useAgent: false };
  await listGpgKeys(gpg, signal); // before anything is written
  // one that is there opens a key that was made before: it is that of the new one, too
  const path = passphrasePath(name);
  const [known] = existsSync(path) ? await passphrasesIn(path, log) : [];
  const passphrase = known ?? (await generatePassphrase(usualWords)).passphrase;
  try {
    if (known === undefined) await keepPassphrase(name, passphrase.toString('utf8'), force);
    const key = await generateKey({
      use: 'encrypt',
      name: `Backups of ${hostname()}`,
      comment: name,
      algorithm: 'curve25519',
      passphrase,
    });
    await intoKeyring(key, gpg, signal);
    return { passphraseFile: path, keyId: key.fingerprint };
  } finally {
    passphrase.fill(0);
  }
}

const passphrasePath = (name: string): string => join(ownProfileFolder(), `${name}.passphrase`);

async function keepPassphrase(name: string, text: string, force: boolean): Promise<string> {
  const path = passphrasePath(name);
  if (existsSync(path) && !force) {
    throw new DuplifsError('PROFILE', `There is a passphrase in "${path}" already`, {
      hint: 'A backup that it opens would be lost with it; move it away, or choose another name',
    });
  }
  await mkdir(ownProfileFolder(), { recursive: true, mode: 0o700 });
  await replaceFile(path, `${text}\n`);
  return path;
}

function tellOfSecrets({ passphraseFile, keyId }: KeptSecrets, log: Log): void {
  if (passphraseFile === undefined) return;
  if (keyId === undefined) {
    log.notice(
      `The passphrase is in "${passphraseFile}". Without it nobody can restore: keep a copy elsewhere`,
    );
    return;
  }
  log.notice(
    `Made the key ${keyId} in the GnuPG keyring; its passphrase is in "${passphraseFile}". Without both nobody can restore: keep a kit elsewhere`,
  );
}

function textOf(answers: InitAnswers, { passphraseFile, keyId }: KeptSecrets): string {
  const { source, url, protection, exclude, fullIfOlderThan, keep, every } = answers;
  const draft = new Draft();
  draft.values.set('source', resolve(expandHome(source)));
  draft.values.set('url', isStorageUrl(url) ? url : `file://${resolve(expandHome(url))}`);
  if (protection.kind === 'none') draft.values.set('encryption', false);
  const key = protection.kind === 'key' ? protection.id : keyId;
  if (key !== undefined) draft.values.set('encrypt-key', key);
  draft.values.set('full-if-older-than', fullIfOlderThan);
  if (exclude.length > 0) draft.values.set('exclude', exclude);
  const file = protection.kind === 'file' ? resolve(protection.path) : passphraseFile;
  if (file !== undefined) draft.set('secrets', 'PASSPHRASE', { file });
  if (keep !== undefined) draft.set('retention', 'remove-older-than', keep);
  if (every !== undefined) draft.set('schedule', 'every', every);
  return draftText(draft, ['duplifs profile: docs/profiles.md']);
}

interface Beginning {
  readonly means: ProfileMeans;
  readonly log: Log;
  readonly isTerminal: boolean;
}

/** Offers the schedule and the first backup. */
async function begin(
  { name, every }: InitAnswers,
  options: InitOptions,
  { means, log, isTerminal }: Beginning,
): Promise<number> {
  const wantsSchedule =
    every !== undefined &&
    (options.schedule || (isTerminal && (await confirm(`Have it run by itself, ${every}?`))));
  if (wantsSchedule) {
    const profile = await loadProfile(name, means.keys());
    const { files, notes } = await writeSchedule(profile, parseSchedule(every), {});
    for (const { path } of files) log.notice(`Wrote ${path}`);
    for (const note of notes) log.notice(note);
  } else if (every !== undefined) {
    log.notice(`To have it run by itself: duplifs schedule ${name}`);
  }
  if (options.backup || (isTerminal && (await confirm('Make the first backup now?')))) {
    return await runOwn(['run', name]);
  }
  log.notice(`To begin: duplifs run ${name}`);
  return 0;
}

interface KitWish {
  readonly isTerminal: boolean;
  readonly log: Log;
  /** Goes in also where there is no backup yet that wants it. */
  readonly keyId: string | undefined;
}

/** The kit for the safe, with the profile and its passphrase: it has a passphrase of its own. */
async function writeKit(
  name: string,
  { kit, kitPassphraseFile, force }: InitOptions,
  { isTerminal, log, keyId }: KitWish,
): Promise<number> {
  const question =
    'Write a kit for the safe: one encrypted file with all that a new machine needs?';
  const wanted = kit ?? (isTerminal && (await confirm(question)) ? `${name}.kit` : undefined);
  if (wanted === undefined) {
    log.notice(`For the safe: duplifs kit --profile ${name} --with-passphrases ${name} FILE`);
    return 0;
  }
  const file = kitPassphraseFile === undefined ? [] : ['--kit-passphrase-file', kitPassphraseFile];
  const key = keyId === undefined ? [] : ['--also-key', keyId];
  const words = ['kit', '--profile', name, '--with-passphrases', ...file, ...key];
  return await runOwn([...words, ...(force ? ['--force'] : []), name, wanted]);
}

async function confirm(message: string): Promise<boolean> {
  const clack = await import('@clack/prompts');
  const answer = await clack.confirm({ message });
  return !clack.isCancel(answer) && answer;
}
