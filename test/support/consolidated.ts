/**
 * What has to hold of a full that `consolidate` has made: duplicity and duplifs take it for the newest state, restore it
 * as its set was recorded, and continue it, also when the chain that it was made from is gone.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { differences } from './chains.js';
import { start } from './interrupt.js';
import type { Stopped } from './interrupt.js';
import { killingAt } from './killed-backups.js';
import { makeMixedChain, readMixedChain, signKeyOf } from './mixed-chains.js';
import type { EncodingName, MadeChain } from './mixed-chains.js';
import { once } from './once.js';
import { duplifs, run, runOk } from './run.js';
import type { Finished } from './run.js';

/** A chain in a folder of its own, that may be changed. */
export class ChainPlace {
  readonly chain: MadeChain;

  constructor(chain: MadeChain) {
    this.chain = chain;
  }

  /** A copy of a chain, which is made once in a run. */
  static async of(
    { encoding, writers }: { readonly encoding: EncodingName; readonly writers: string },
    folder: string,
  ): Promise<ChainPlace> {
    const name = `consolidate-${encoding.replaceAll(' ', '-')}-${writers}`;
    const original = await once(name, async (at) => {
      await makeMixedChain({ encoding, writers, archiveDir: 'same' }, at);
    });
    const out = join(folder, 'chain');
    await runOk('cp', ['-a', join(original, 'chain'), out]);
    return new ChainPlace(await readMixedChain(encoding, out));
  }

  get url(): string {
    return `file://${this.at('target')}`;
  }

  at(name: string): string {
    return join(this.chain.out, name);
  }

  get readOptions(): readonly string[] {
    return signKeyOf(this.chain.keys.read);
  }

  recording(generation: number): string {
    return join(this.chain.out, 'expected', `${generation}.json`);
  }

  async stored(): Promise<string[]> {
    return (await readdir(this.at('target'))).sort();
  }

  /** The command line with one archive dir for all runs. */
  command(args: readonly string[]): string[] {
    const [command = '', ...rest] = args;
    return [command, '--archive-dir', this.at('cache-of-duplifs'), '--name', 'cache', ...rest];
  }

  async duplifs(args: readonly string[]): Promise<Finished> {
    return duplifs(this.command(args), { env: this.chain.keys.env });
  }

  /** A copy that may be changed. */
  async copyTo(folder: string): Promise<ChainPlace> {
    await rm(folder, { recursive: true, force: true });
    await runOk('cp', ['-a', this.chain.out, folder]);
    return new ChainPlace({ ...this.chain, out: folder });
  }

  /** Runs `consolidate` to its end, or until DUPLIFS_TEST_KILL ends it (kill-points.js). */
  async consolidateUntil(kill: string | undefined, options: readonly string[]): Promise<Stopped> {
    const args = ['consolidate', ...this.readOptions, ...options, this.url];
    const killing = kill === undefined ? {} : killingAt(kill);
    return start(this.command(args), { ...this.chain.keys.env, ...killing }).ended;
  }

  /** Runs `consolidate`, which has to end with 0, or with another status. */
  async consolidate(options: readonly string[] = [], status = 0): Promise<Finished> {
    const args = ['consolidate', ...this.readOptions, ...options, this.url];
    const finished = await this.duplifs(args);
    expect([finished.status, finished.stderr]).toEqual([status, finished.stderr]);
    return finished;
  }

  async duplicity(args: readonly string[]): Promise<string> {
    const [command = '', ...rest] = args;
    const options = [...this.chain.keys.read, '--archive-dir', this.at('cache-of-duplicity')];
    return runOk('duplicity', [command, ...options, ...rest], { env: this.chain.keys.env });
  }

  /** Expects both programs to restore the state at a time, or the newest, as a generation was recorded. */
  async expectRestored(generation: number, time?: number): Promise<void> {
    const at = time === undefined ? [] : ['--time', String(time)];
    const out = this.at('restored');
    await this.duplicity(['restore', ...at, this.url, out]);
    expect(await differences(this.recording(generation), out)).toEqual([]);
    await rm(out, { recursive: true });
    const args = ['restore', ...this.readOptions, ...at, this.url, out];
    const { status, stderr } = await this.duplifs(args);
    expect([status, stderr]).toEqual([0, stderr]);
    expect(await differences(this.recording(generation), out)).toEqual([]);
    await rm(out, { recursive: true });
  }

  /** Expects both programs to find the source in the newest state, and duplicity nothing that belongs to no set. */
  async expectVerified(): Promise<void> {
    const source = this.at('source');
    const theirs = await this.duplicity(['verify', '--compare-data', this.url, source]);
    expect(theirs).toContain(' 0 differences found.');
    const args = ['verify', ...this.readOptions, '--compare-data', this.url, source];
    const ours = await this.duplifs(args);
    expect([ours.status, ours.stderr]).toEqual([0, ours.stderr]);
    expect(ours.stdout).toContain(' 0 differences found.');
    expect(await this.duplicity(['cleanup', this.url])).toContain('No extraneous files found');
  }

  /** Has one of the programs make an incremental on what is there; it must build on the newest set. */
  async continueBy(program: 'duplicity' | 'duplifs', time: number): Promise<void> {
    const { keys } = this.chain;
    const name = program === 'duplifs' ? ['--name', 'cache'] : [];
    const options = ['--archive-dir', this.at(`cache-of-${program}`), ...name, ...keys.write];
    const more = ['--allow-source-mismatch', '--current-time', String(time)];
    const args = ['incremental', ...options, ...more, this.at('source'), this.url];
    if (program === 'duplicity') {
      await runOk('duplicity', args, { env: keys.env });
    } else {
      const { status, stderr } = await duplifs(args, { env: keys.env });
      expect([status, stderr]).toEqual([0, stderr]);
    }
  }
}

/** The plaintext of all files whose names fit, of chains that are gzipped. */
export async function plaintextOf(target: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(target)).filter((name) => pattern.test(name)).sort();
  expect(names.length).toBeGreaterThan(0);
  const { stdout } = await run('bash', ['-c', 'zcat -- "$@" | sha256sum', 'bash', ...names], {
    cwd: target,
  });
  return stdout;
}
