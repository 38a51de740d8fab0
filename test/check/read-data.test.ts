/** `check --read-data`: every volume, or a share that moves on, is fetched once, decoded and verified. */
import { copyFile, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/sqlite/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { start } from '../support/interrupt.js';
import { withLoss } from '../support/lost-chain.js';
import { withOwnChain } from '../support/own-chain.js';
import type { OwnPlace } from '../support/own-chain.js';
import { built, duplifs } from '../support/run.js';

beforeAll(built);

interface Summary {
  readonly exitCode: number;
  readonly read: {
    readonly volumes: number;
    readonly bytes: number;
    readonly failed: number;
    readonly backupBytes: number;
    readonly allReadSinceSeconds?: number;
  };
}

function summaryOf(stdout: string): Summary {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary;
}

const volumePattern = /\.vol\d+\.difftar/;

async function sizes({ target }: OwnPlace, pattern: RegExp): Promise<number[]> {
  const names = (await readdir(target)).filter((name) => pattern.test(name));
  return Promise.all(names.map(async (name) => (await stat(join(target, name))).size));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

async function flip({ target, name }: OwnPlace, pattern: RegExp): Promise<string> {
  const found = await name(pattern);
  const bytes = await readFile(join(target, found));
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 0x55, at);
  await writeFile(join(target, found), bytes);
  return found;
}

describe('all volumes', () => {
  it.each([undefined, 'a pass phrase'])(
    'are fetched once, and are well (passphrase: %s)',
    async (passphrase) => {
      await withOwnChain(passphrase === undefined ? {} : { passphrase }, async (place) => {
        const { status, stdout, stderr } = await place.run('check', '--read-data', '-v5', '--json');
        expect([status, stdout]).toEqual([0, stdout]);
        const volumes = await sizes(place, volumePattern);
        expect(volumes.length).toBeGreaterThan(4);
        const bytes = sum(volumes);
        expect(summaryOf(stdout).read).toMatchObject({
          volumes: volumes.length,
          bytes,
          backupBytes: bytes,
          failed: 0,
        });
        expect(summaryOf(stdout).read.allReadSinceSeconds).toBeGreaterThan(0);
        // each byte of the target once, and no more
        const all = sum(await sizes(place, /./));
        expect(stderr).toContain(` ${all} bytes read`);
      });
    },
  );

  it.runIf(hasDuplicity)('of duplicity are read as well', async () => {
    await withLoss(undefined, async ({ target, duplifs: run }) => {
      const { status, stdout } = await run('check', '--read-data', `file://${target}`);
      expect([status, stdout]).toEqual([0, stdout]);
      expect(stdout).toMatch(/All is well.*4 volumes read .*100 % of the backup.*; every volume/);
    });
  });

  it('name the one of which a byte was changed; the rest is read; the next check knows of it', async () => {
    await withOwnChain({}, async (place) => {
      const harmed = await flip(place, /full\..*vol2/);
      const read = await place.run('check', '--read-data');
      expect([read.status, read.stdout]).toEqual([21, read.stdout]);
      expect(read.stdout).toContain(
        `The volume "${harmed}" of set 20231114T221320Z cannot be used`,
      );
      expect(read.stdout).toMatch(/1 finding,/);
      const known = await place.run('check');
      expect([known.status, known.stdout]).toEqual([21, known.stdout]);
      expect(known.stdout).toContain(`"${harmed}" of set 20231114T221320Z was damaged`);
      await flip(place, /full\..*vol2/);
      expect(await place.run('check', '--read-data')).toMatchObject({ status: 0 });
      expect(await place.run('check')).toMatchObject({ status: 0 });
    });
  });

  it('name an index whose places are those of other files', async () => {
    await withOwnChain({}, async (place) => {
      // a genuine volume in the place of another, with a manifest that says so: only the index knows
      const { target, name } = place;
      const [first, second] = [await name(/full\..*vol1/), await name(/full\..*vol2/)];
      await copyFile(join(target, first), join(target, second));
      const { status, stdout } = await place.run('check', '--read-data');
      expect([status, stdout]).toEqual([21, stdout]);
      expect(stdout).toContain(second);
    });
  });
});

describe('a share', () => {
  it.each(['1/3', '34%', '1500K'])('of %s moves on until all was read', async (share) => {
    await withOwnChain({}, async ({ run }) => {
      let bytes = 0;
      let runs = 0;
      let last: Summary['read'] | undefined;
      while (last?.allReadSinceSeconds === undefined && runs < 9) {
        const time = ['--current-time', String(1_800_000_000 + runs)];
        const { status, stdout } = await run('check', `--read-data=${share}`, '--json', ...time);
        expect([status, stdout]).toEqual([0, stdout]);
        last = summaryOf(stdout).read;
        bytes += last.bytes;
        runs += 1;
      }
      // nothing was read twice before all was read once, but for the end of the last share
      expect(runs).toBeLessThanOrEqual(3);
      expect(runs).toBeGreaterThan(1);
      expect(last?.allReadSinceSeconds).toBe(1_800_000_000);
      expect(bytes).toBeLessThan(1.8 * (last?.backupBytes ?? 0));
    });
  });

  it('holds what was damaged the last time, each time', async () => {
    await withOwnChain({}, async (place) => {
      const harmed = await flip(place, /full\..*vol1/);
      expect(await place.run('check', '--read-data')).toMatchObject({ status: 21 });
      const again = await place.run('check', '--read-data=1%');
      expect([again.status, again.stdout]).toEqual([21, again.stdout]);
      expect(again.stdout).toContain(harmed);
    });
  });

  it.each(['0%', '101%', '3/2', 'x', '0'])('of %s is none', async (share) => {
    await withOwnChain({}, async ({ run }) => {
      expect(await run('check', `--read-data=${share}`)).toMatchObject({ status: 2 });
    });
  });

  it('may stand before the URL, without a value', async () => {
    await withOwnChain({}, async ({ url, folder }) => {
      const cache = ['--archive-dir', join(folder, 'other')];
      const { status, stdout } = await duplifs(['check', ...cache, '--read-data', url]);
      expect([status, stdout]).toEqual([0, stdout]);
      expect(stdout).toContain('100 % of the backup');
    });
  });
});

/** How many volumes are noted as read. */
function readVolumes(memory: string): number {
  try {
    const database = openDatabase(memory, { isReadOnly: true, timeoutMs: 5000 });
    try {
      return Number(database.prepare('SELECT count(*) FROM volumes').pluck().get());
    } finally {
      database.close();
    }
  } catch {
    return 0; // not there yet
  }
}

describe('a reading that is interrupted', () => {
  it('ends within a second, and goes on where it stopped', { timeout: 180_000 }, async () => {
    await withOwnChain({}, async ({ url, folder, run, target }) => {
      const args = ['--archive-dir', join(folder, 'archive'), '--name', 'cache'];
      // slow, so that there is something to interrupt
      const slow = ['--max-download-rate', '600', '--num-retries', '1'];
      const running = start(['check', url, '--read-data', ...args, ...slow]);
      const memory = join(folder, 'archive', 'cache', 'duplifs-checked.sqlite');
      while (readVolumes(memory) === 0) await setTimeout(50);
      const before = Date.now();
      running.child.kill('SIGTERM');
      const { status, stderr } = await running.ended;
      expect([status, stderr]).toEqual([4, stderr]);
      expect(Date.now() - before).toBeLessThan(1000);
      const { stdout, stderr: told } = await run('check', '--read-data', '--json');
      expect(told).toContain('Going on with the reading that began');
      const { volumes, bytes, backupBytes } = summaryOf(stdout).read;
      const all = (await readdir(target)).filter((name) => volumePattern.test(name)).length;
      expect(volumes).toBeLessThan(all);
      expect(volumes).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(backupBytes);
      // the next one reads all
      const next = summaryOf((await run('check', '--read-data', '--json')).stdout);
      expect(next.read.volumes).toBe(all);
    });
  });
});
