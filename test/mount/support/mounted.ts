/** Mounts in child processes, programs that look at them, and what to do when one of them hangs. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { compiled, removeCompiled } from './compiled.js';
import type { ServeRequest } from './serve.js';

const SERVE = 'test/mount/support/serve.ts';
/** Debian's "nobody". */
export const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** Whether FUSE mounts as root can be tested here; on CI their absence is a failure. */
export function canMount(): boolean {
  const can =
    process.getuid?.() === 0 && statSync('/dev/fuse', { throwIfNoEntry: false }) !== undefined;
  if (!can && process.env['CI'] === 'true')
    throw new Error('Tests of mounts need root and /dev/fuse');
  return can;
}

export type Message = Readonly<Record<string, unknown>>;

/** A process that serves a mount, or tried to. */
export class Served {
  readonly mountpoint: string;
  readonly messages: Message[] = [];
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  #stderr = '';
  #wake: () => void = () => undefined;

  constructor(request: ServeRequest, asNobody: boolean, through?: (command: string[]) => string[]) {
    this.mountpoint = request.mountpoint;
    const command = ['node', compiled(SERVE), JSON.stringify(request)];
    const whole = asNobody ? [...AS_NOBODY, ...command] : command;
    const [program = '', ...parameters] = through?.(whole) ?? whole;
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(child.stdout).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Message);
      this.#wake();
    });
    child.stderr.on('data', (data: Buffer) => (this.#stderr += data.toString()));
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Waits for a message with this key, or fails when the process ends without one. */
  async message(key: string): Promise<Message> {
    for (;;) {
      const found = this.messages.find((message) => key in message);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const late = this.messages.find((message) => key in message);
        if (late !== undefined) return late;
        throw new Error(`The mount ended: ${JSON.stringify(this.messages)} ${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What the file system was asked so far. */
  async report(): Promise<{ calls: Record<string, number>; aborted: number; rss: number }> {
    this.messages.splice(0, this.messages.length, ...this.messages.filter((m) => !('calls' in m)));
    this.child.kill('SIGUSR1');
    return (await this.message('calls')) as never;
  }

  log(): string[] {
    return this.messages.flatMap(({ log }) => (typeof log === 'string' ? [log] : []));
  }
}

afterAll(removeCompiled);

const running = new Set<Served>();
const folders = new Set<string>();

/** An empty folder, removed by `cleanUp`. */
export function temporaryFolder(owner = 0): string {
  const folder = mkdtempSync(join(tmpdir(), 'duplifs-mount-'));
  chownSync(folder, owner, owner);
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

/** Starts a mount, and does not wait for it. */
export function start(
  request: Omit<ServeRequest, 'mountpoint'> & { mountpoint?: string; asNobody?: boolean },
  through?: (command: string[]) => string[],
): Served {
  const { asNobody = false, ...rest } = request;
  const mountpoint = request.mountpoint ?? temporaryFolder(asNobody ? NOBODY : 0);
  const served = new Served({ ...rest, mountpoint }, asNobody, through);
  running.add(served);
  return served;
}

/** Starts a mount and waits until it answers. */
export async function serve(...request: Parameters<typeof start>): Promise<Served> {
  const served = start(...request);
  await served.message('ready');
  return served;
}

/** A mount that lives through several tests; `dispose` ends it. */
export async function shared(...request: Parameters<typeof start>): Promise<Served> {
  const served = await serve(...request);
  running.delete(served);
  folders.delete(served.mountpoint);
  return served;
}

export async function dispose(served: Served): Promise<void> {
  running.add(served);
  folders.add(served.mountpoint);
  await cleanUp();
}

/** Unmounts and ends whatever a test left behind; call it after each test. */
export async function cleanUp(): Promise<void> {
  for (const served of running) {
    unmountLazily(served.mountpoint);
    served.child.kill('SIGKILL');
    await served.exited;
    unmountLazily(served.mountpoint);
  }
  running.clear();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

function unmountLazily(mountpoint: string): void {
  try {
    execFileSync('umount', ['-l', mountpoint], { stdio: 'ignore' });
  } catch {
    // it was not mounted any more
  }
}

export interface Ran {
  readonly status: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const PROGRAM_MS = 50_000;

/** Runs a program that may look at a mount, in this process's stead. */
export function program(
  command: readonly string[],
  options: { asNobody?: boolean; cwd?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  const [name = '', ...parameters] =
    options.asNobody === true ? [...AS_NOBODY, ...command] : command;
  return new Promise((resolve) => {
    const limits = {
      timeout: options.timeoutMs ?? PROGRAM_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 2 ** 28,
    };
    const settings = { ...limits, encoding: 'buffer' as const, cwd: options.cwd ?? '/' };
    execFile(name, parameters, settings, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? 'failed');
      resolve({ status, stdout, stderr: stderr.toString() });
    });
  });
}

/** Runs a shell script with the mountpoint as $1, and expects it to succeed in silence. */
export async function script(text: string, mountpoint: string): Promise<string> {
  const { status, stdout, stderr } = await program([
    'bash',
    '-c',
    `set -e\n${text}`,
    'bash',
    mountpoint,
  ]);
  if (status !== 0 || stderr !== '') throw new Error(`status ${status}: ${stderr}`);
  return stdout.toString();
}

/** Makes /dev/fuse usable by everybody, as udev does elsewhere; returns how to take that back. */
export function openFuseDevice(): () => void {
  const { mode } = statSync('/dev/fuse');
  chmodSync('/dev/fuse', 0o666);
  return () => {
    chmodSync('/dev/fuse', mode & 0o777);
  };
}
