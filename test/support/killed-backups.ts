/** Backups that are killed at any point, gone on with, and compared: nothing is lost and nothing left over. */
import { randomInt } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { start } from './interrupt.js';
import type { Stopped } from './interrupt.js';
import { noise } from './noise.js';
import { duplifs, root, runOk } from './run.js';

const preload = `--import=file://${join(root, 'test/support/kill-points.js')}`;

/** What an environment needs for kill-points.js: `before N`, `after N`, or `count PATH`. */
export function killingAt(kill: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: preload, DUPLIFS_TEST_KILL: kill };
}

/** A source, its backup, the archive dir and the temporary folder, all in one folder that can be copied. */
export class KillPlace {
  readonly folder: string;
  readonly #options: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor(
    folder: string,
    options: readonly string[] = ['--no-encryption'],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.folder = folder;
    this.#options = options;
    this.#env = env;
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  get url(): string {
    return `file://${this.at('target')}`;
  }

  async copyTo(folder: string): Promise<KillPlace> {
    await rm(folder, { recursive: true, force: true });
    await runOk('cp', ['-a', this.folder, folder]);
    return new KillPlace(folder, this.#options, this.#env);
  }

  /** Runs a backup to its end, or until DUPLIFS_TEST_KILL ends it. */
  async run(verb: string, kill?: string): Promise<Stopped> {
    const killing = kill === undefined ? {} : killingAt(kill);
    return start(this.command(verb), { ...this.#env, ...killing }).ended;
  }

  /** Runs a backup and sends it a signal after so many milliseconds; false when it had ended before. */
  async runFor(
    verb: string,
    milliseconds: number,
    signal: NodeJS.Signals,
  ): Promise<Stopped & { readonly wasStopped: boolean }> {
    const { child, ended } = start(this.command(verb), this.#env);
    let wasStopped = false;
    const timer = setTimeout(() => {
      wasStopped = child.exitCode === null && child.signalCode === null && child.kill(signal);
    }, milliseconds);
    const stopped = await ended;
    clearTimeout(timer);
    return { ...stopped, wasStopped };
  }

  command(verb: string): string[] {
    return [
      ...[verb, ...this.#options, '--volsize', '1', '--tempdir', this.at('temporary')],
      // the source is a copy at another place
      ...['--archive-dir', this.at('archive'), '--name', 'cache', '--allow-source-mismatch'],
      ...[this.at('source'), this.url],
    ];
  }

  /** Expects both to restore the newest set, or that of a time, to what `expected` holds. */
  async expectRestored(expected = this.at('source'), time?: number): Promise<void> {
    const at = time === undefined ? [] : ['--time', String(time)];
    for (const by of ['duplifs', 'duplicity'] as const) {
      const out = this.at('restored');
      const cache = ['--archive-dir', this.at(`cache-of-${by}`)];
      const args = ['restore', ...this.#options, ...cache, ...at, this.url, out];
      if (by === 'duplicity') {
        await runOk('duplicity', args, { env: this.#env });
      } else {
        const { status, stderr } = await duplifs(args, { env: this.#env });
        expect([status, stderr]).toEqual([0, stderr]);
      }
      const compare = ['-ain', '--checksum', '--delete', '--omit-link-times'];
      expect(await runOk('rsync', [...compare, `${expected}/`, `${out}/`])).toBe('');
      await rm(out, { recursive: true });
    }
  }

  /** Expects nothing on the storage, in the archive dir and in the temporary folder but what belongs there. */
  async expectTidy(sets: number): Promise<void> {
    const stored = await readdir(this.at('target'));
    const known = stored.map(
      (name) =>
        /^(?:duplicity-(?:full|inc|full-signatures|new-signatures)|duplifs-index)\.([\dTZ]+(?:\.to\.[\dTZ]+)?)\.(?:vol(\d+)\.)?/.exec(
          name,
        ) ?? [name],
    );
    const volumes = new Map<string, number[]>();
    for (const [name, key, volume] of known) {
      expect([name, key]).not.toEqual([name, undefined]);
      const numbers = volumes.get(key ?? '') ?? [];
      if (volume !== undefined) numbers.push(Number(volume));
      volumes.set(key ?? '', numbers);
    }
    expect(volumes.size).toBe(sets);
    for (const [key, numbers] of volumes) {
      const wanted = numbers.map((_, i) => i + 1);
      expect([key, numbers.sort((a, b) => a - b)]).toEqual([key, wanted]);
    }
    // a manifest, a sigtar and an index for each
    const others = stored.filter((name) => !name.includes('.vol'));
    expect(others).toHaveLength(sets * 3);
    const cleanup = ['cleanup', ...this.#options, '--archive-dir', this.at('cache-of-duplicity')];
    expect(await runOk('duplicity', [...cleanup, this.url], { env: this.#env })).toContain(
      'No extraneous files found',
    );
    const local = await readdir(join(this.at('archive'), 'cache'));
    const settled =
      /^(duplicity-[^ ]*\.(manifest|sigtar\.gz)|duplifs-seen\.gz|duplifs-(?:trust|sizes|locks|target)\.json|lockfile)$/;
    expect(local.filter((name) => !settled.test(name))).toEqual([]);
    expect(local.filter((name) => name.startsWith('duplicity-'))).toHaveLength(sets * 2);
    expect(await readdir(this.at('temporary'))).toEqual([]);
  }
}

/** How many calls there are to be killed at, and what they are. */
export async function countKillPoints(place: KillPlace, verb: string): Promise<string[]> {
  const list = place.at('calls.json');
  const { status, stderr } = await place.run(verb, `count ${list}`);
  expect([status, stderr]).toEqual([0, stderr]);
  return JSON.parse(await readFile(list, 'utf8')) as string[];
}

/** Makes a source of about `megabytes`, of which the larger files do not compress. */
export async function makeSource(place: KillPlace, megabytes: number): Promise<void> {
  for (const name of ['source/sub', 'target', 'temporary']) {
    await mkdir(place.at(name), { recursive: true });
  }
  await writeFile(place.at('source/big'), noise(Math.floor(megabytes * 0.6 * 1e6), 1));
  await writeFile(place.at('source/sub/late'), noise(Math.floor(megabytes * 0.35 * 1e6), 2));
  for (let i = 0; i < 30; i += 1) {
    await writeFile(place.at(`source/sub/file-${i}`), noise(i * 300, i));
  }
}

/** Changes every file's time, and the content of some: by new bytes within, before and behind. */
export async function changeSource(place: KillPlace, seed: number): Promise<void> {
  const change = async (name: string, work: (bytes: Buffer) => Buffer): Promise<void> => {
    const path = place.at(`source/${name}`);
    const changed = work(await readFile(path));
    await writeFile(`${path}.new`, changed);
    await rename(`${path}.new`, path);
    await utimes(path, 1_650_000_000 + seed, 1_650_000_000 + seed);
  };
  const quarter = (bytes: Buffer) => Math.floor(bytes.length / 4);
  await change('big', (bytes) => {
    const added = noise(quarter(bytes), seed + 100);
    return Buffer.concat([added, bytes.subarray(0, 2 * quarter(bytes)), noise(5000, seed)]);
  });
  await change('sub/late', (bytes) => {
    const added = noise(quarter(bytes) * 2, seed + 200);
    return Buffer.concat([bytes.subarray(quarter(bytes) * 2), added]);
  });
  for (let i = seed % 3; i < 30; i += 3) await change(`sub/file-${i}`, () => noise(i * 200, seed));
  await rm(place.at(`source/sub/gone-${seed - 1}`), { force: true });
  await writeFile(place.at(`source/sub/gone-${seed}`), noise(1000, seed));
}

/** So many different numbers from 1 to `last`, in random order. */
export function someOf(last: number, count: number): number[] {
  const all = Array.from({ length: last }, (_, i) => i + 1);
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = randomInt(i + 1);
    [all[i], all[j]] = [all[j] ?? 0, all[i] ?? 0];
  }
  return all.slice(0, count);
}
