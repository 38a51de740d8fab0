/** automount(8) in a mount namespace of its own, where mount(8) knows duplifs as fstab's helper. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './mount-process.js';
import { built, root, run } from './run.js';
import type { Finished } from './run.js';

const systemTools = '/usr/sbin';
const helper = 'mount.duplifs';
/** automount expires in whole seconds, and asks at a fourth of the timeout. */
const expirySeconds = 2;
/** An automount that does not come up would hang for ever. */
const answerMs = 30_000;

export class Automount {
  readonly #folder: string;
  readonly #process: ChildProcess;
  #log = '';

  private constructor(folder: string) {
    this.#folder = folder;
    const setUp = [
      'set -e',
      'mount --bind /usr/sbin "$1/tools"',
      // links to the tools and to our helper take the tools' place
      'mount --bind "$1/sbin" /usr/sbin',
      `exec "$1/tools/automount" -f -v -p "$1/pid" "$1/master"`,
    ];
    const words = ['-m', '--propagation', 'private', 'sh', '-c', setUp.join('\n'), 'sh', folder];
    this.#process = spawn('unshare', words, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
  }

  /** Starts it with lines of a master map. */
  static async start(folder: string, master: readonly string[]): Promise<Automount> {
    await built();
    await mkdir(join(folder, 'tools'));
    await mkdir(join(folder, 'sbin'));
    for (const name of await readdir(systemTools)) {
      if (name === helper) continue;
      await symlink(join(folder, 'tools', name), join(folder, 'sbin', name));
    }
    await symlink(join(root, 'bin', `${helper}.js`), join(folder, 'sbin', helper));
    const lines = master.map((line) => `${line} --timeout=${expirySeconds}`);
    await writeFile(join(folder, 'master'), `${lines.join('\n')}\n`);
    const automount = new Automount(folder);
    try {
      await until(
        () => automount.#log.split('mounted ').length > master.length,
        answerMs,
        () => automount.#log,
      );
      return automount;
    } catch (error) {
      await automount.stop();
      throw error;
    }
  }

  /** What it has said. */
  get log(): string {
    return this.#log;
  }

  /** Runs a program where it mounts; one that hangs is ended. */
  async run(program: string, args: readonly string[]): Promise<Finished> {
    const words = ['-t', String(this.#process.pid), '-m', program, ...args];
    return run('nsenter', words, { timeoutMs: answerMs });
  }

  /** The types of what is mounted at a path, as "autofs fuse.duplifs". */
  async typesAt(path: string): Promise<string> {
    const { stdout } = await this.run('cat', ['/proc/self/mounts']);
    const fields = stdout.split('\n').map((line) => line.split(' '));
    return fields
      .filter(([, mountpoint]) => mountpoint === path)
      .map(([, , type]) => type)
      .join(' ');
  }

  /** Ends it, and with it all that it has mounted. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const { stdout } = await this.run('cat', ['/proc/self/mounts']);
    const here = stdout.split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const path of here.reverse().filter((one) => one.startsWith(`${this.#folder}/`))) {
      if (path !== join(this.#folder, 'tools')) await this.run('umount', ['-l', path]);
    }
    this.#process.kill('SIGKILL');
    await ended;
  }
}
