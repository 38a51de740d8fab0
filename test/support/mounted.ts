/** `duplifs mount` in a process of its own, for a process must never touch a mount that it serves. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inject } from 'vitest';
import { built, duplifsScript, run, testEnvironment } from './run.js';

const readyMs = 60_000;
const endMs = 20_000;

/** Whether mounts can be made here as root; in CI they must. */
export const canMount =
  process.env['CI'] === 'true' ||
  (process.getuid?.() === 0 && statSync('/dev/fuse', { throwIfNoEntry: false }) !== undefined);

export const engines = ['kernel', 'libfuse'] as const;
export type Engine = (typeof engines)[number];

export interface MountSpec {
  readonly url: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly engine?: Engine;
  /** Mount at this folder instead of a new one. */
  readonly mountpoint?: string;
  /** Run the program through another: `setpriv … node bin/duplifs.js`. */
  readonly through?: readonly string[];
}

export class Mounted {
  readonly mountpoint: string;
  /** A new folder that holds the mountpoint and the caches. */
  readonly folder: string;
  /** Its exit status once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  #log = '';
  readonly #server: ChildProcessByStdio<null, null, Readable>;

  private constructor(
    folder: string,
    mountpoint: string,
    { url, args, env, engine, through }: MountSpec,
  ) {
    this.folder = folder;
    this.mountpoint = mountpoint;
    const [program = '', ...words] = [
      ...(through ?? []),
      ...[process.execPath, duplifsScript, 'mount', '--archive-dir', join(folder, 'cache')],
      ...[`--fuse-engine=${engine ?? 'kernel'}`, ...(args ?? []), url, mountpoint],
    ];
    this.#server = spawn(program, words, {
      env: testEnvironment(env),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server.stderr.setEncoding('utf8').on('data', (piece: string) => (this.#log += piece));
    this.ended = new Promise((resolve) => this.#server.once('close', resolve));
  }

  /** Mounts, and waits until it answers. */
  static async start(spec: MountSpec): Promise<Mounted> {
    await built();
    const folder = await mkdtemp(join(inject('runFolder'), 'mount-'));
    await chmod(folder, 0o711);
    const mountpoint = spec.mountpoint ?? join(folder, 'mnt');
    await mkdir(mountpoint, { recursive: true }).catch(() => undefined); // a dead mount cannot be made
    const mounted = new Mounted(folder, mountpoint, spec);
    try {
      await mounted.said('Mounted at');
      return mounted;
    } catch (error) {
      await mounted.remove();
      throw error;
    }
  }

  /** What it has said on standard error. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#server.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#server.exitCode === null && this.#server.signalCode === null;
  }

  /** A path in the mount. */
  at(...parts: readonly string[]): string {
    return join(this.mountpoint, ...parts);
  }

  /** Waits until it says this. */
  async said(text: string, timeoutMs = readyMs): Promise<void> {
    await until(
      () => this.#log.includes(text) || !this.isRunning,
      timeoutMs,
      () => this.#log,
    );
    if (!this.#log.includes(text)) throw new Error(`The mount ended: ${this.#log}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#server.kill(signal);
  }

  /** Its exit status; fails when it does not end. */
  async end(timeoutMs = endMs): Promise<number | null> {
    await until(
      () => !this.isRunning,
      timeoutMs,
      () => `It has not ended. ${this.#log}`,
    );
    return this.ended;
  }

  /** Unmounts by SIGTERM and removes its folder, or fails; nothing is left mounted whatever happens. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    try {
      const status = await this.end();
      if (status !== 0) throw new Error(`The mount ended with ${status}: ${this.#log}`);
    } finally {
      await this.remove();
    }
  }

  /** Ends and removes everything, for a test that failed or has ended the mount itself. */
  async remove(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
    while (await isMounted(this.mountpoint)) await run('umount', ['-l', this.mountpoint]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs `work` with a mount. */
export async function withMount<T>(
  spec: MountSpec,
  work: (mounted: Mounted) => Promise<T>,
): Promise<T> {
  const mounted = await Mounted.start(spec);
  try {
    const result = await work(mounted);
    await mounted.stop();
    return result;
  } finally {
    if (existsSync(mounted.folder)) await mounted.remove();
  }
}

export async function isMounted(mountpoint: string): Promise<boolean> {
  const { stdout } = await run('cat', ['/proc/self/mounts']);
  return stdout.split('\n').some((line) => line.split(' ')[1] === mountpoint);
}

/** Polls; fails with what `state` says. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  state: () => string = () => '',
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`It took too long. ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
