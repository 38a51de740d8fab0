/**
 * Real servers for tests: the scripts beside this file start them, with their state in a folder of their
 * own. They need Debian or Ubuntu and root, install what is missing, and are skipped elsewhere unless
 * CI=true.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ServiceName =
  | 'apache'
  | 'ftp'
  | 'ftp-nat'
  | 'nginx'
  | 'rclone'
  | 'rsyncd'
  | 's3-ceph'
  | 's3-swift'
  | 'sftp'
  | 'webdav';

/** Whether servers can be had here; in CI they must. */
export const servicesHere =
  process.env['CI'] === 'true' ||
  (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'));

export class Service {
  readonly folder: string;
  readonly #script: string;
  readonly #values = new Map<string, string>();

  private constructor(name: ServiceName, folder: string) {
    this.folder = folder;
    this.#script = fileURLToPath(new URL(`${name}.sh`, import.meta.url));
  }

  static async start(name: ServiceName): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), `duplifs-${name}-`));
    const service = new Service(name, folder);
    await service.start();
    return service;
  }

  /** What the script printed under a name. */
  get(key: string): string {
    const value = this.#values.get(key);
    if (value === undefined) throw new Error(`The service has no ${key}`);
    return value;
  }

  /** Again after `stop`: same data, passwords and port. */
  async start(): Promise<void> {
    const { stdout } = await run(this.#script, ['start', this.folder]);
    for (const line of stdout.split('\n')) {
      const at = line.indexOf('=');
      if (at > 0) this.#values.set(line.slice(0, at), line.slice(at + 1));
    }
  }

  async stop(): Promise<void> {
    await run(this.#script, ['stop', this.folder]);
  }

  /** To all its processes: SIGSTOP for a server that neither answers nor ends, SIGCONT for its return. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const recorded = await readFile(join(this.folder, 'run/processes'), 'utf8');
    for (const line of recorded.trimEnd().split('\n')) {
      for (const pid of await treeOf(Number(line.split(' ')[0]))) process.kill(pid, signal);
    }
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A process and all its descendants. */
async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = children.split(' ').filter((text) => text !== '');
  return [pid, ...(await Promise.all(below.map((text) => treeOf(Number(text))))).flat()];
}
