/** A machine of its own for a test: a home, a GnuPG keyring, caches; and duplifs and gpg as they run there. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { duplifs, run, runOk } from './run.js';
import type { Finished, RunOptions } from './run.js';

export class Machine {
  readonly home: string;
  readonly gnupg: string;

  constructor() {
    // a short path: the agent's socket has no more than 108 characters
    this.home = mkdtempSync(join(tmpdir(), 'dm-'));
    this.gnupg = join(this.home, '.gnupg');
    mkdirSync(this.gnupg, { mode: 0o700 });
  }

  at(...names: string[]): string {
    return join(this.home, ...names);
  }

  get env(): Readonly<Record<string, string>> {
    return { HOME: this.home, GNUPGHOME: this.gnupg, XDG_CACHE_HOME: this.at('.cache') };
  }

  /** Runs duplifs to its end, whatever that is. */
  async duplifs(args: readonly string[], { env, ...options }: RunOptions = {}): Promise<Finished> {
    return duplifs(args, { cwd: this.home, ...options, env: { ...this.env, ...env } });
  }

  /** Runs duplifs, which has to succeed; its standard output. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.duplifs(args, options);
    if (status === 0) return stdout;
    throw new Error(`duplifs ${args.join(' ')}: status ${status}\n${stdout}\n${stderr}`);
  }

  /** The same with --json: its lines. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T[]> {
    const lines = (await this.ok([...args, '--json'], options)).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as T);
  }

  /** Runs another program there, which has to succeed; its standard output. */
  async run(
    program: string,
    args: readonly string[],
    { env, ...options }: RunOptions = {},
  ): Promise<string> {
    return runOk(program, args, { cwd: this.home, ...options, env: { ...this.env, ...env } });
  }

  /** Runs a line of bash there, whatever its end is. */
  async shell(line: string, { env, ...options }: RunOptions = {}): Promise<Finished> {
    const all = { cwd: this.home, ...options, env: { ...this.env, ...env } };
    return run('bash', ['-o', 'pipefail', '-ec', line], all);
  }

  remove(): void {
    try {
      execFileSync('gpgconf', ['--homedir', this.gnupg, '--kill', 'all'], { stdio: 'ignore' });
    } finally {
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}

/** A function that makes machines, all of which are gone after the tests of the file. */
export function machines(): () => Machine {
  const made: Machine[] = [];
  afterAll(() => {
    for (const machine of made) machine.remove();
  });
  return () => {
    const machine = new Machine();
    made.push(machine);
    return machine;
  };
}
