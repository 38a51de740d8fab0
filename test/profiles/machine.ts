/** A machine with a profile "home" of a small source, for runs as programs. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../../src/profiles/index.js';
import { duplifs } from '../support/run.js';
import type { DuplifsOptions, Finished } from '../support/run.js';

export class Machine {
  readonly folder: string;
  readonly source: string;
  readonly target: string;
  /** What is kept of the runs of "home". */
  readonly state: string;
  readonly env: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    this.source = join(folder, 'source');
    this.target = join(folder, 'target');
    this.state = join(folder, 'state', 'duplifs', 'home');
    this.env = {
      HOME: join(folder, 'home'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
    };
  }

  /** In an empty folder, with `more` in the profile. */
  static async in(folder: string, more: string): Promise<Machine> {
    const machine = new Machine(folder);
    await mkdir(join(machine.folder, 'config', 'duplifs'), { recursive: true });
    await mkdir(join(machine.source, 'sub'), { recursive: true });
    await writeFile(join(machine.source, 'file'), 'content\n');
    await writeFile(join(machine.source, 'sub', 'inner'), 'inner\n');
    await machine.profile(more);
    return machine;
  }

  async profile(more: string): Promise<void> {
    await this.replaceProfile(`source = "${this.source}"\nurl = "file://${this.target}"\n${more}`);
  }

  async replaceProfile(text: string): Promise<void> {
    await writeFile(join(this.folder, 'config', 'duplifs', 'home.toml'), text, { mode: 0o600 });
  }

  async duplifs(...args: string[]): Promise<Finished> {
    return await duplifs(args, { env: this.env });
  }

  /** Through another program, or with other variables. */
  async duplifsWith(options: DuplifsOptions, ...args: string[]): Promise<Finished> {
    return await duplifs(args, { ...options, env: { ...this.env, ...options.env } });
  }

  async history(): Promise<RunRecord[]> {
    const text = await readFile(join(this.state, 'history.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunRecord);
  }
}
