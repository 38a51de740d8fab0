/** Where the tests of what writing does otherwise make their backups. */
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { duplifs, isTraceback, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';

export const firstSeconds = 1_700_000_000;

/** A source and a target; backups of it come at fixed times, a day apart. */
export class Place {
  readonly source: string;
  readonly target: string;
  readonly url: string;
  readonly #folder: string;
  #day = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.source = join(folder, 'source');
    this.target = join(folder, 'target');
    this.url = `file://${this.target}`;
  }

  /** The folder of the archive dir that is this target's. */
  get archive(): string {
    return join(this.#folder, 'archive', 'cache');
  }

  get options(): string[] {
    return ['--no-encryption', '--archive-dir', join(this.#folder, 'archive'), '--name', 'cache'];
  }

  async write(name: string, content: string | Buffer, mtimeSeconds = 1_600_000_000): Promise<void> {
    const path = join(this.source, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    await utimes(path, mtimeSeconds, mtimeSeconds);
  }

  /** The command line of a backup on the next day. */
  next(verb: string, ...more: string[]): string[] {
    const time = firstSeconds + 86_400 * this.#day;
    this.#day += 1;
    const at = ['--current-time', String(time)];
    return [verb, ...this.options, ...at, ...more, this.source, this.url];
  }

  async backup(verb: string, ...more: string[]): Promise<Finished> {
    const finished = await duplifs(this.next(verb, ...more));
    expect([finished.stderr, isTraceback(finished.stderr)]).toEqual([finished.stderr, false]);
    return finished;
  }

  async backupOk(verb: string, ...more: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.backup(verb, ...more);
    expect([status, stderr]).toEqual([0, stderr]);
    return stdout;
  }

  /** What a file holds in the newest set, as duplicity restores it where it is here, and as we do. */
  async restored(name: string): Promise<string> {
    const out = await restoredTree(this, this.#folder, 'duplifs');
    const ours = await readFile(join(out, name), 'utf8');
    if (hasDuplicity) {
      const theirs = await restoredTree(this, this.#folder, 'duplicity');
      expect(await readFile(join(theirs, name), 'utf8')).toBe(ours);
    }
    return ours;
  }

  /** A statistic of the output of a backup. */
  static statistic(stdout: string, name: string): number {
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stdout)?.[1]);
  }
}

async function restoredTree(place: Place, top: string, by: 'duplifs' | 'duplicity') {
  const out = join(top, `restored-by-${by}`);
  await rm(out, { recursive: true, force: true });
  const cache = join(top, `cache-of-${by}`);
  const args = ['restore', '--no-encryption', '--archive-dir', cache, place.url, out];
  if (by === 'duplicity') await runOk('duplicity', args);
  else expect(await duplifs(args)).toMatchObject({ status: 0 });
  return out;
}

export const withPlace = (work: (place: Place) => Promise<void>): Promise<void> =>
  withFolder((path) => work(new Place(path)));
