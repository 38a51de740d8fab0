import { isDuplifsError, runProgram } from '../../base/index.js';
import type { Failure } from '../errors.js';

/** A run of rsync that did not succeed. */
export class RsyncError extends Error {
  /** Its exit status; undefined when it was killed. */
  readonly status: number | undefined;

  constructor(status: number | undefined, said: string) {
    super(said);
    this.status = status;
  }
}

const maxOutputBytes = 512 * 1024 * 1024;
const maxSaidBytes = 16 * 1024;

/** What the program sees of the environment. */
export interface RsyncEnvironment {
  /** Goes before that of this process; the program gets what is not secret. */
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  /** For a daemon. */
  readonly password: string | undefined;
}

export interface RsyncRun {
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** It is ended after this time: its own time-out is wound up again by a single byte. */
  readonly seconds: number;
}

/** Runs the program; `input` is given to it. What it prints is returned. */
export async function rsync(
  args: readonly string[],
  { env, password }: RsyncEnvironment,
  { input = '', signal, seconds }: RsyncRun,
): Promise<string> {
  const { exitCode, stdout, stderr, isTimedOut } = await runProgram('rsync', args, {
    startError: { code: 'STORAGE' },
    environmentOf: 'rsync',
    environment: env,
    env: { RSYNC_PASSWORD: password, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    signal,
    input,
    timeoutSeconds: seconds,
    maxOutputBytes,
    maxStderrBytes: maxSaidBytes,
  }).catch((error: unknown) => {
    // why it could not be started is said with the name of the file (rsyncFailure)
    throw isDuplifsError(error) ? (error.cause ?? error) : error;
  });
  if (exitCode === 0) return stdout.toString('utf8');
  if (isTimedOut) throw new RsyncError(undefined, `it had not ended after ${seconds} seconds`);
  throw new RsyncError(exitCode, summary(stderr, exitCode));
}

/** What an exit status and a message of rsync mean (rsync(1), "EXIT VALUES"). */
export function rsyncFailure(error: unknown): Failure | undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'syscall' in error) {
    if (String(error.syscall).startsWith('spawn')) {
      return {
        code: 'STORAGE',
        transient: false,
        reason: 'the program "rsync" is not installed',
        hint: 'Install it with the package manager of your system',
      };
    }
  }
  if (!(error instanceof RsyncError)) return undefined;
  const reason = error.message;
  if (/auth failed|denied|not permitted|read.only|Host key verification failed/i.test(reason)) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  if (/no space left|quota exceeded/i.test(reason)) {
    return { code: 'NO_SPACE', transient: false, reason };
  }
  if (isMissing(error)) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  const { status } = error;
  // 5 and 10 to 12: the connection; 30 and 35: time-outs; 255: ssh
  const transient = status === undefined || [5, 10, 11, 12, 14, 20, 30, 35, 255].includes(status);
  return { code: 'STORAGE', transient, reason };
}

/** Whether the error says that the file or folder is not there. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof RsyncError &&
    /No such file or directory|Unknown module|chdir failed/i.test(error.message)
  );
}

/** The lines that say why, without those that say where in rsync's source. */
function summary(said: string, status: number | undefined): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const why = lines.filter((line) => !/^rsync error: |^rsync: connection unexpectedly/.test(line));
  const text = (why.length > 0 ? why : lines).slice(0, 3).join('; ');
  return text === '' ? `rsync ended with status ${status ?? 'none'}` : text;
}
