/**
 * One run of a profile: conditions, hook, lock, backup, retention, cleanup, a share of check, hook, notices, log. The
 * steps are commands of duplifs, each a process of its own: whatever becomes of one of them, the run ends in order and
 * tells it.
 */
import { DuplifsError, errorText, exitCodes, isDuplifsError } from '../../base/index.js';
import { withArchiveLock } from '../../target/index.js';
import { parseInterval } from '../../time/index.js';
import type { Profile } from '../file/profile.js';
import { stateFolder } from '../file/profile-places.js';
import { addToHistory, lastBackupSeconds, readHistory } from '../logs/history.js';
import { removeOldLogs } from '../logs/keep-logs.js';
import { RunLog } from '../logs/run-log.js';
import type { LogLine } from '../logs/run-log.js';
import type { BackupFigures, RunRecord, StepRecord } from '../logs/run-record.js';
import { unmetCondition } from './conditions.js';
import { runHook } from './hook.js';
import type { RunMeans, Told } from './run-means.js';
import { readNote, removeNote, writeNote } from './running-note.js';
import { stepsOf } from './run-steps.js';
import { figuresOf, outcomeOf, overdueText, summaryOf } from './run-text.js';
import type { Step } from './run-steps.js';

/**
 * Runs the profile once, alone.
 * @throws DuplifsError LOCKED when another run does not end in time, or the state folder cannot be used
 */
export async function runProfile(means: RunMeans): Promise<RunRecord> {
  const { profile, signal } = means;
  const waitSeconds = profile.run.wait === undefined ? 0 : parseInterval(profile.run.wait);
  const work = (): Promise<RunRecord> => new ProfileRun(means).run();
  try {
    return await withArchiveLock(stateFolder(profile.name), waitSeconds, work, signal);
  } catch (error) {
    if (isDuplifsError(error, 'LOCKED')) throw await runningNow(profile.name);
    if (!isDuplifsError(error, 'TARGET', 'NO_SPACE')) throw error;
    throw new DuplifsError(error.code, error.message.replace('archive dir', 'state folder'), {
      hint: 'Make room, or set XDG_STATE_HOME to a folder that can be written',
      cause: error,
    });
  }
}

async function runningNow(name: string): Promise<DuplifsError> {
  const note = await readNote(name);
  const who =
    note === undefined
      ? ''
      : `: process ${note.pid}, since ${new Date(note.startedSeconds * 1000).toISOString()}, now at "${note.step}"`;
  return new DuplifsError('LOCKED', `The profile "${name}" is being run already${who}`, {
    hint: 'It ends by itself; [run] wait = "10m" in the profile has the next one wait for it',
  });
}

class ProfileRun {
  readonly #means: RunMeans;
  readonly #profile: Profile;
  readonly #started: number;
  readonly #log: RunLog;
  readonly #steps: StepRecord[] = [];
  #figures: BackupFigures | undefined;
  #message: string | undefined;
  #failedNotices: string[] = [];
  #toldOverdue: true | undefined;

  constructor(means: RunMeans) {
    this.#means = means;
    this.#profile = means.profile;
    this.#started = means.now();
    this.#log = new RunLog({
      profile: means.profile.name,
      settings: means.profile.log,
      startedSeconds: this.#started,
      redact: means.redact,
      onFailure: (message) => {
        this.#warn(message);
      },
    });
  }

  async run(): Promise<RunRecord> {
    const before = await this.#recordKilled(await readHistory(this.#profile.name));
    await this.#tellOverdue(before);
    return await this.#end(await this.#exitCodeOf(before));
  }

  /** Whatever is thrown ends the run, and is told as what it ended with. */
  async #exitCodeOf(history: readonly RunRecord[]): Promise<number> {
    try {
      this.#message = await this.#unmet();
      return this.#message === undefined ? await this.#sequence(history) : exitCodes.SKIPPED;
    } catch (error) {
      this.#message ??= errorText(error);
      this.#tell({ step: 'run', stream: 'err', text: errorText(error) });
      return isDuplifsError(error) ? error.exitCode : exitCodes.INTERNAL;
    }
  }

  /** A run that was killed has left its note. */
  async #recordKilled(history: readonly RunRecord[]): Promise<readonly RunRecord[]> {
    const { name } = this.#profile;
    const note = await readNote(name);
    await this.#note('begin');
    if (note === undefined) return history;
    const message = `It was killed, or the machine went down, at "${note.step}"`;
    this.#warn(`The run that began at ${iso(note.startedSeconds)} never ended. ${message}`);
    const record: RunRecord = {
      version: 1,
      profile: name,
      startedSeconds: note.startedSeconds,
      endedSeconds: note.startedSeconds,
      outcome: 'killed',
      exitCode: exitCodes.INTERRUPTED,
      backedUp: false,
      steps: [],
      message,
      log: note.log,
    };
    await this.#add(record);
    return [...history, record];
  }

  /** Tells loudly that nothing has succeeded for too long. */
  async #tellOverdue(history: readonly RunRecord[]): Promise<void> {
    const summary = overdueText(this.#profile, history, this.#started);
    if (summary === undefined) return;
    this.#warn(summary);
    if (wasToldLately(history, this.#started)) return;
    this.#toldOverdue = true;
    await this.#notify({
      event: 'overdue',
      summary,
      lastBackupSeconds: lastBackupSeconds(history),
    });
  }

  async #unmet(): Promise<string | undefined> {
    const conditions = this.#profile.run['only-if'];
    return conditions && (await unmetCondition(conditions, this.#means.signal));
  }

  /** The exit code of the whole: of the first step that failed, or 1 where one has warned. */
  async #sequence(history: readonly RunRecord[]): Promise<number> {
    await this.#notify({ event: 'start', summary: `The backup "${this.#profile.name}" begins` });
    const failed = await this.#hook('before');
    if (failed !== 0) return exitCodes.SOURCE;
    const isCheck = ({ step, exitCode }: StepRecord): boolean => step === 'check' && exitCode <= 1;
    const checks = history.filter(({ steps }) => steps.some(isCheck)).length;
    for (const step of stepsOf(this.#profile, checks)) {
      if (!this.#means.hasCommand(step.command)) {
        this.#warn(`This version has no command "${step.command}"; that step is left out`);
        continue;
      }
      const exitCode = await this.#step(step);
      if (exitCode > exitCodes.INCOMPLETE) return exitCode;
    }
    return this.#steps.some(({ exitCode }) => exitCode !== 0) ? exitCodes.INCOMPLETE : 0;
  }

  async #step(step: Step): Promise<number> {
    this.#means.signal.throwIfAborted();
    const { command } = step;
    await this.#note(command);
    const begin = performance.now();
    const result = await this.#means.runStep(step, (line) => {
      this.#tell(line);
    });
    const { exitCode, json, message } = result;
    if (command === 'backup' && exitCode <= exitCodes.INCOMPLETE) this.#figures = figuresOf(json);
    this.#record({ step: command, exitCode, seconds: secondsSince(begin), message });
    return exitCode;
  }

  async #hook(name: 'before' | 'after', told?: RunRecord): Promise<number> {
    const hook = this.#profile.run[name];
    if (hook === undefined) return 0;
    await this.#note(name);
    const begin = performance.now();
    const { signal } = this.#means;
    const input = told === undefined ? '' : `${JSON.stringify(told)}\n`;
    const variables = this.#hookVariables(told);
    let message: string | undefined;
    const onLine = (line: LogLine): void => {
      if (line.stream === 'err') message = line.text;
      this.#tell(line);
    };
    let exitCode: number;
    try {
      const settings = this.#profile.run;
      exitCode = await runHook(hook, { step: name, settings, variables, input, onLine, signal });
    } catch (error) {
      message = errorText(error);
      exitCode = isDuplifsError(error) ? error.exitCode : 1;
      this.#tell({ step: name, stream: 'err', text: message });
    }
    this.#record({ step: name, exitCode, seconds: secondsSince(begin), message });
    return exitCode;
  }

  #hookVariables(told: RunRecord | undefined): Record<string, string> {
    const variables = {
      DUPLIFS_PROFILE: this.#profile.name,
      DUPLIFS_LOG: this.#log.path ?? '',
    };
    if (told === undefined) return variables;
    const { outcome, exitCode } = told;
    return { ...variables, DUPLIFS_RESULT: outcome, DUPLIFS_EXIT_CODE: String(exitCode) };
  }

  #record({ step, exitCode, seconds, message }: StepRecord): void {
    const text =
      exitCode === 0 ? undefined : this.#means.redact(message ?? `ended with ${exitCode}`);
    this.#steps.push({ step, exitCode, seconds, message: text });
    if (exitCode !== 0) this.#message ??= `${step}: ${text ?? ''}`;
  }

  async #end(exitCode: number): Promise<RunRecord> {
    let record = this.#recordOf(exitCode);
    if (record.outcome !== 'skipped') {
      const failed = await this.#hook('after', record);
      record = this.#recordOf(exitCode === 0 && failed !== 0 ? exitCodes.INCOMPLETE : exitCode);
    }
    const { outcome } = record;
    if (outcome === 'success' || outcome === 'warning' || outcome === 'failure') {
      const history = [...(await readHistory(this.#profile.name)), record];
      const last = lastBackupSeconds(history);
      await this.#notify({
        event: outcome,
        summary: summaryOf(record),
        record,
        lastBackupSeconds: last,
      });
    }
    record = this.#recordOf(record.exitCode);
    this.#line(summaryOf(record));
    await this.#add(record);
    await removeNote(this.#profile.name).catch(() => undefined);
    this.#log.close();
    await removeOldLogs(this.#profile.name, this.#profile.log, this.#means.now());
    return record;
  }

  #recordOf(exitCode: number): RunRecord {
    const failedNotices = this.#failedNotices.length === 0 ? undefined : this.#failedNotices;
    return {
      version: 1,
      profile: this.#profile.name,
      startedSeconds: this.#started,
      endedSeconds: Math.max(this.#started, this.#means.now()),
      outcome: outcomeOf(exitCode),
      exitCode,
      backedUp: this.#steps.some(({ step, exitCode: code }) => step === 'backup' && code <= 1),
      steps: this.#steps,
      figures: this.#figures,
      message: this.#message,
      log: this.#log.path,
      failedNotices,
      toldOverdue: this.#toldOverdue,
    };
  }

  async #notify(told: Omit<Told, 'profile' | 'startedSeconds'>): Promise<void> {
    const all = { ...told, profile: this.#profile.name, startedSeconds: this.#started };
    for (const failure of await this.#means.notify(all)) {
      const text = this.#means.redact(failure);
      this.#failedNotices = [...this.#failedNotices, text];
      this.#tell({ step: 'notify', stream: 'err', text: `Warning: ${text}` });
    }
  }

  async #note(step: string): Promise<void> {
    const { name } = this.#profile;
    const note = { version: 1, pid: process.pid, startedSeconds: this.#started, step } as const;
    await writeNote(name, { ...note, log: this.#log.path }).catch((error: unknown) => {
      this.#warn(`What is being done cannot be noted: ${errorText(error)}`);
    });
  }

  async #add(record: RunRecord): Promise<void> {
    await addToHistory(record).catch((error: unknown) => {
      this.#warn(`The run cannot be added to the history: ${errorText(error)}`);
    });
  }

  #line(text: string): void {
    this.#tell({ step: 'run', stream: 'out', text });
  }

  #warn(text: string): void {
    this.#tell({ step: 'run', stream: 'err', text: `Warning: ${text}` });
  }

  #tell(line: LogLine): void {
    const shown = { ...line, text: this.#means.redact(line.text) };
    this.#means.show(shown);
    // the log itself may be what there is to tell of, while it is being made
    (this.#log as RunLog | undefined)?.write(shown);
  }
}

/** A profile that runs every 15 minutes does not send that notice every 15 minutes. */
const overduePauseSeconds = 86_400;

function wasToldLately(history: readonly RunRecord[], nowSeconds: number): boolean {
  return history.some(
    ({ toldOverdue, startedSeconds }) =>
      toldOverdue === true && Math.abs(nowSeconds - startedSeconds) < overduePauseSeconds,
  );
}

function secondsSince(begin: number): number {
  return Math.round(performance.now() - begin) / 1000;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
