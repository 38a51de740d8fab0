/**
 * A process that serves a mount, for a process must never touch a mount that it serves. What it is that
 * serves is said by whoever extends this: the whole program (mounted.ts), or an engine over a file system
 * in memory (../mount/support/served.ts).
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inject } from 'vitest';
import { run, testEnvironment } from './run.js';

const endMs = 20_000;

/** Whether mounts can be made here as root; in CI they must. */
export const canMount =
  process.env['CI'] === 'true' ||
  (process.getuid?.() === 0 && statSync('/dev/fuse', { throwIfNoEntry: false }) !== undefined);

export const engines = ['kernel', 'libfuse'] as const;
export type Engine = (typeof engines)[number];

export interface MountCommand {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly place: MountPlace;
}

export interface MountPlace {
  /** A new folder for the mountpoint and the caches, removed with the mount. */
  readonly folder: string;
  readonly mountpoint: string;
}

/** A new folder with a mountpoint in it that belongs to `owner`, unless there is one already. */
export async function mountPlace(mountpoint?: string, owner = 0): Promise<MountPlace> {
  const folder = await mkdtemp(join(inject('runFolder'), 'mount-'));
  await chmod(folder, 0o711);
  if (mountpoint !== undefined) return { folder, mountpoint };
  const fresh = join(folder, 'mnt');
  await mkdir(fresh);
  chownSync(fresh, owner, owner);
  return { folder, mountpoint: fresh };
}

export class MountProcess {
  readonly mountpoint: string;
  readonly folder: string;
  /** Its exit status once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it prints on standard output; has to be read. */
  protected readonly output: Readable;
  #stderr = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor({ command, env, place }: MountCommand) {
    this.folder = place.folder;
    this.mountpoint = place.mountpoint;
    const [program = '', ...words] = command;
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    this.#child = spawn(program, words, { env: testEnvironment(env), stdio });
    this.#child.stderr.setEncoding('utf8').on('data', (piece: string) => (this.#stderr += piece));
    this.output = this.#child.stdout;
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** What it has said on standard error. */
  get log(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** A path in the mount. */
  at(...parts: readonly string[]): string {
    return join(this.mountpoint, ...parts);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit status; fails when it does not end. */
  async end(timeoutMs = endMs): Promise<number | null> {
    await until(
      () => !this.isRunning,
      timeoutMs,
      () => `It has not ended. ${this.log}`,
    );
    return this.ended;
  }

  /** Ends and removes everything, for a test that failed or has ended the mount itself. */
  async remove(): Promise<void> {
    await this.#detach();
    this.signal('SIGKILL');
    await this.ended;
    await this.#detach();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #detach(): Promise<void> {
    while (await isMounted(this.mountpoint)) await run('umount', ['-l', this.mountpoint]);
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
