/** A copy of a chain of duplicity's that gets indexes, and machines that read it. */
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { differences } from './chains.js';
import type { Chain } from './chains.js';
import { withFolder } from './folders.js';
import { lostChain, lostSets, secondsOf } from './lost-chain.js';
import { duplifs } from './run.js';
import type { Finished } from './run.js';

export class UploadPlace {
  readonly chain: Chain;
  readonly folder: string;

  constructor(chain: Chain, folder: string) {
    this.chain = chain;
    this.folder = folder;
  }

  get target(): string {
    return join(this.folder, 'target');
  }

  get url(): string {
    return `file://${this.target}`;
  }

  async names(pattern = /./): Promise<string[]> {
    return (await readdir(this.target)).filter((name) => pattern.test(name)).sort();
  }

  /** The names of the indexes that were added. */
  async added(): Promise<string[]> {
    return this.names(/^duplifs-added-index\./);
  }

  /** Runs duplifs on the target; each machine has an archive dir of its own. */
  async run(
    words: readonly string[],
    machine = 'first',
    { env = {}, tail = [] }: { env?: Record<string, string>; tail?: readonly string[] } = {},
  ): Promise<Finished> {
    const [verb = '', ...rest] = words;
    const args = [verb, ...this.chain.args, '--archive-dir', join(this.folder, machine), ...rest];
    return duplifs([...args, this.url, ...tail], { env: { ...this.chain.env, ...env } });
  }

  /** Runs `index --upload`, which has to end with 0, or with another status. */
  async upload(words: readonly string[] = [], status = 0, machine = 'first'): Promise<Finished> {
    const finished = await this.run(['index', '--upload', ...words], machine);
    expect([finished.status, finished.stderr]).toEqual([status, finished.stderr]);
    return finished;
  }

  /** Expects a machine to restore each set as it was recorded, without a word. */
  async expectRestored(machine: string): Promise<void> {
    for (const [set, time] of this.chain.times.entries()) {
      const out = join(this.folder, `out-${machine}-${set}`);
      const tail = [out];
      const restored = await this.run(['restore', '--time', String(time)], machine, { tail });
      expect([restored.status, restored.stderr]).toEqual([0, restored.stderr]);
      expect(restored.stderr).not.toMatch(/index|damaged|warning/i);
      expect(await differences(this.chain.recordings[set] ?? '', out)).toEqual([]);
    }
  }
}

/** Runs `work` with a copy of the chain that may be changed. */
export async function withUploads(
  chain: Chain,
  work: (place: UploadPlace) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await cp(chain.target, join(folder, 'target'), { recursive: true });
    await work(new UploadPlace(chain, folder));
  });
}

/** A full and two incrementals of duplicity's. */
export async function smallChain(isEncrypted = true): Promise<Chain> {
  const key = isEncrypted ? 'a pass phrase' : undefined;
  const { target } = await lostChain(key);
  return {
    name: 'small',
    url: `file://${target}`,
    target,
    times: lostSets.map(secondsOf),
    recordings: [],
    args: [],
    env: key === undefined ? {} : { PASSPHRASE: key },
    knownDifferences: [],
  };
}
