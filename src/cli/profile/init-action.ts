/** `duplifs init`. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuplifsError, replaceFile } from '../../base/index.js';
import {
  Draft,
  draftText,
  expandHome,
  loadProfile,
  ownProfileFolder,
  parseSchedule,
} from '../../profiles/index.js';
import { isStorageUrl } from '../../storage/index.js';
import type { InitOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import type { Log } from '../log.js';
import { runCommand } from '../run-command.js';
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
    const passphraseFile = await keepPassphrase(answers, options.force);
    await writeProfile(answers.name, textOf(answers, passphraseFile), { force: options.force });
    log.notice(`Wrote "${path}"`);
    if (passphraseFile !== undefined) {
      log.notice(
        `The passphrase is in "${passphraseFile}". Without it nobody can restore: keep a copy elsewhere`,
      );
    }
    if (options.test) await tryProfile(answers.name, { log, signal });
    return await begin(answers, options, { means, log, isTerminal });
  });
}

/** Writes a passphrase that was typed into a file of its own. */
async function keepPassphrase(
  { name, protection }: InitAnswers,
  force: boolean,
): Promise<string | undefined> {
  if (protection.kind !== 'passphrase') return undefined;
  const path = join(ownProfileFolder(), `${name}.passphrase`);
  if (existsSync(path) && !force) {
    throw new DuplifsError('PROFILE', `There is a passphrase in "${path}" already`, {
      hint: 'A backup that it opens would be lost with it; move it away, or choose another name',
    });
  }
  await mkdir(ownProfileFolder(), { recursive: true, mode: 0o700 });
  await replaceFile(path, `${protection.text}\n`);
  return path;
}

function textOf(answers: InitAnswers, passphraseFile: string | undefined): string {
  const { source, url, protection, exclude, fullIfOlderThan, keep, every } = answers;
  const draft = new Draft();
  draft.values.set('source', resolve(expandHome(source)));
  draft.values.set('url', isStorageUrl(url) ? url : `file://${resolve(expandHome(url))}`);
  if (protection.kind === 'none') draft.values.set('encryption', false);
  if (protection.kind === 'key') draft.values.set('encrypt-key', protection.id);
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

async function confirm(message: string): Promise<boolean> {
  const clack = await import('@clack/prompts');
  const answer = await clack.confirm({ message });
  return !clack.isCancel(answer) && answer;
}
