/** `duplifs run NAME`. */
import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  loadProfile,
  nextRunSeconds,
  parseSchedule,
  readHistory,
  readNote,
  redactor,
  runProfile,
  sendNotices,
  summaryOf,
} from '../../profiles/index.js';
import type { LogLine, Profile, RunRecord } from '../../profiles/index.js';
import { parseInterval } from '../../time/index.js';
import type { RunCommandOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import { printable } from '../printable.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';
import { passwordsOf, profileUrl, secretsOf, urlVariable } from './profile-secrets.js';
import { runStep } from './run-step.js';

/** How long after its time a run counts as missed: until then the regular one may be on its way. */
const graceSeconds = 15 * 60;

export async function runAction(
  name: string,
  options: RunCommandOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ signal }) => {
    const profile = await loadProfile(name, means.keys());
    const now = clockOf(options);
    if (options.ifMissed !== undefined && !(await isMissed(name, options.ifMissed, now()))) {
      return 0;
    }
    if (options.delay !== undefined) await delay(parseInterval(options.delay), signal);
    const record = await runWith(profile, { options, means, now, signal });
    if (options.json) process.stdout.write(`${JSON.stringify(record)}\n`);
    else if (options.quiet && record.exitCode !== 0) {
      process.stderr.write(`${printable(summaryOf(record))}\n`);
    }
    return record.exitCode;
  });
}

interface Run {
  readonly options: RunCommandOptions;
  readonly means: ProfileMeans;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

async function runWith(profile: Profile, { options, means, now, signal }: Run): Promise<RunRecord> {
  Object.assign(process.env, profile.environment);
  const url = await profileUrl(profile);
  const secrets = new Map(await secretsOf(profile));
  const hidden = [...secrets.values()].map((bytes) => bytes.toString('utf8'));
  for (const password of passwordsOf(url)) hidden.push(password);
  secrets.set(urlVariable, Buffer.from(url));
  const more = options.currentTime === undefined ? [] : ['--current-time', String(now())];
  return await runProfile({
    profile,
    now,
    signal,
    redact: (text) => redactor(hidden)(text),
    hasCommand: means.hasCommand,
    runStep: (step, onLine) =>
      runStep(step, { profile: profile.name, secrets, more, signal }, onLine),
    notify: (told) =>
      sendNotices({
        notices: profile.notify,
        told,
        onSecret: (secret) => {
          if (!hidden.includes(secret)) hidden.push(secret);
        },
      }),
    show: (line) => {
      show(line, options);
    },
  });
}

/** The clock of the machine, or one that begins at --current-time. */
function clockOf({ currentTime }: RunCommandOptions): () => number {
  const begin = Date.now();
  const start = currentTime ?? Math.floor(begin / 1000);
  return () => start + Math.floor((Date.now() - begin) / 1000);
}

function show({ stream, text }: LogLine, { quiet, json }: RunCommandOptions): void {
  const isTrouble = stream === 'err' && /^(?:Warning: |duplifs: | {2})/.test(text);
  if (quiet && !isTrouble) return;
  const output = stream === 'err' || json ? process.stderr : process.stdout;
  output.write(`${printable(text)}\n`);
}

/** Whether a time of the schedule has passed since the last run began. */
async function isMissed(name: string, schedule: string, nowSeconds: number): Promise<boolean> {
  const [history, running] = [await readHistory(name), await readNote(name)];
  const last = Math.max(history.at(-1)?.startedSeconds ?? 0, running?.startedSeconds ?? 0);
  if (last === 0) return true; // it has never run
  const next = await nextRunSeconds(parseSchedule(schedule), last);
  return next !== undefined && next + graceSeconds <= nowSeconds;
}

async function delay(mostSeconds: number, signal: AbortSignal): Promise<void> {
  const milliseconds = mostSeconds === 0 ? 0 : randomInt(mostSeconds * 1000);
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
