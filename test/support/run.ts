/** Programs as child processes, and duplifs itself as users run it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from './once.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const duplifsScript = join(root, 'bin', 'duplifs.js');

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Ends the program by SIGKILL; the status is null then. */
  readonly timeoutMs?: number;
  /** How standard output becomes a string; "latin1" keeps every byte. */
  readonly encoding?: 'utf8' | 'latin1';
}

export interface DuplifsOptions extends RunOptions {
  /** Put before the command, such as ["setpriv", "--reuid", "1000"]. */
  readonly through?: readonly string[];
}

/** Runs a program to its end, whatever that is. */
export async function run(
  program: string,
  args: readonly string[],
  { env, cwd, input, timeoutMs = 120_000, encoding = 'utf8' }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: testEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding(encoding).on('data', (piece: string) => (stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    child.stdin.on('error', () => undefined).end(input ?? '');
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

/** Runs a program that has to succeed; its standard output. */
export async function runOk(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { status, stdout, stderr } = await run(program, args, options);
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stdout}\n${stderr}`);
}

/** Runs a line of shell in a folder; it has to succeed and to have nothing to say on standard error. */
export async function shell(line: string, cwd: string): Promise<string> {
  const { status, stdout, stderr } = await run('bash', ['-o', 'pipefail', '-c', line], { cwd });
  if (status === 0 && stderr === '') return stdout;
  throw new Error(`${line}: status ${status}\n${stdout.slice(-2000)}\n${stderr}`);
}

/** Runs duplifs, with caches of its own unless `args` name others. */
export async function duplifs(
  args: readonly string[],
  { through = [], ...options }: DuplifsOptions = {},
): Promise<Finished> {
  await built();
  const cache = await mkdtemp(join(tmpdir(), 'duplifs-cache-'));
  try {
    const env = { XDG_CACHE_HOME: cache, ...options.env };
    const [program = '', ...words] = [...through, process.execPath, duplifsScript, ...args];
    return await run(program, words, { ...options, env });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** Whether a user sees there what is only for those who mend duplifs. */
export function isTraceback(text: string): boolean {
  return /internal error|^\s+at .*\(|node:internal|Unhandled/m.test(text);
}

/** What runs as a program is the built one, so it has to be built from what the tests are of. */
export async function built(): Promise<void> {
  await once('build', async () => {
    await runOk(process.execPath, [join(root, 'scripts', 'setup.js'), 'build']);
  });
}

/** English messages, UTC, and no secrets but those that a test gives. */
export function testEnvironment(
  env: Readonly<Record<string, string | undefined>> = {},
): NodeJS.ProcessEnv {
  const none = { PASSPHRASE: undefined, SIGN_PASSPHRASE: undefined, GNUPGHOME: undefined };
  return { ...process.env, ...none, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env };
}
