/** Mounts by the whole program: `duplifs mount`. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MountProcess, mountPlace, until } from './mount-process.js';
import type { Engine, MountPlace } from './mount-process.js';
import { built, duplifsScript } from './run.js';

const readyMs = 60_000;

export interface MountSpec {
  readonly url: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly engine?: Engine;
  /** Mount at this folder instead of a new one. */
  readonly mountpoint?: string;
}

export class Mounted extends MountProcess {
  private constructor(place: MountPlace, { url, args = [], env, engine = 'kernel' }: MountSpec) {
    const own = ['--archive-dir', join(place.folder, 'cache'), `--fuse-engine=${engine}`];
    const words = ['mount', ...own, ...args, url, place.mountpoint];
    super({ command: [process.execPath, duplifsScript, ...words], env, place });
    this.output.resume();
  }

  /** Mounts, and waits until it answers. */
  static async start(spec: MountSpec): Promise<Mounted> {
    await built();
    const place = await mountPlace(spec.mountpoint);
    await mkdir(place.mountpoint, { recursive: true }).catch(() => undefined); // a dead mount cannot be made
    const mounted = new Mounted(place, spec);
    try {
      await mounted.said('Mounted at');
      return mounted;
    } catch (error) {
      await mounted.remove();
      throw error;
    }
  }

  /** Waits until it says this. */
  async said(text: string, timeoutMs = readyMs): Promise<void> {
    await until(
      () => this.log.includes(text) || !this.isRunning,
      timeoutMs,
      () => this.log,
    );
    if (!this.log.includes(text)) throw new Error(`The mount ended: ${this.log}`);
  }

  /** Unmounts by SIGTERM and removes its folder, or fails; nothing is left mounted whatever happens. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    try {
      const status = await this.end();
      if (status !== 0) throw new Error(`The mount ended with ${status}: ${this.log}`);
    } finally {
      await this.remove();
    }
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
