/** A file behind many changes: a part of it costs a part of it, also for a process that has never read it. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeltaMapWriter, readDeltaMap } from '../../src/archive/index.js';
import { DuplifsError } from '../../src/base/index.js';
import { openDatabase } from '../../src/sqlite/index.js';
import { canMakeChains } from '../support/chains.js';
import { countingStorage } from '../support/counting-storage.js';
import type { VolumeRead } from '../support/counting-storage.js';
import { noise } from '../support/noise.js';
import { newestSnapshot, withTest } from '../support/open.js';
import { built, duplifs, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const passphrase = 'a pass phrase';
const env = { PASSPHRASE: passphrase };
const size = 6_000_000;
const changes = 8;
const firstSeconds = 1_700_000_000;

interface Made {
  readonly folder: string;
  readonly target: string;
  readonly bytes: Buffer;
}

type Backup = (verb: 'full' | 'incremental', options: readonly string[]) => Promise<unknown>;

const programs: Readonly<Record<string, Backup>> = {
  duplifs: async (verb, options) => {
    const { status, stderr } = await duplifs([verb, ...options], { env });
    expect(status, stderr).toBe(0);
  },
  duplicity: (verb, options) => runOk('duplicity', [verb, ...options], { env }),
};

/** A large file beside others, changed in several places in each set, which grows and shrinks. */
async function make(backup: Backup): Promise<Made> {
  const folder = newFolder();
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  await mkdir(source);
  let bytes = noise(size, 1);
  for (let set = 0; set <= changes; set += 1) {
    if (set > 0) bytes = changed(bytes, set);
    await writeFile(join(source, 'large'), bytes);
    await utimes(join(source, 'large'), firstSeconds + set, firstSeconds + set);
    await writeFile(join(source, `other-${set}`), noise(200_000, 100 + set));
    const time = String(firstSeconds + 86_400 * set);
    const archive = ['--archive-dir', join(folder, 'writer'), '--volsize', '1'];
    const options = [...archive, '--current-time', time, source, `file://${target}`];
    await backup(set === 0 ? 'full' : 'incremental', options);
  }
  return { folder, target, bytes };
}

function changed(bytes: Buffer, seed: number): Buffer {
  const at = (1_234_567 * seed) % (size - 100_000);
  return Buffer.concat([
    bytes.subarray(0, 5),
    noise(100, seed),
    bytes.subarray(105, at),
    noise(3000 + 100 * seed, 50 + seed),
    bytes.subarray(at + 3000),
  ]);
}

/** Some bytes of the file, read by a new process. */
async function read(
  { folder, target }: Made,
  [offset, length]: readonly [number, number],
  wholeVolumes = false,
): Promise<{ bytes: Buffer; reads: readonly VolumeRead[] }> {
  const { storage, reads } = await countingStorage(target);
  const options = { passphrases: [passphrase], archive: join(folder, 'reader'), storage };
  const bytes = await withTest(
    target,
    async ({ repository }) => {
      const snapshot = await newestSnapshot(repository);
      return Buffer.from(await snapshot.read(snapshot.resolve('large'), offset, length));
    },
    { ...options, wholeVolumes },
  );
  return { bytes, reads };
}

/** Has the maps of two changes tell that the first copy begins a byte before; the files that they make are as long. */
async function forgeMaps(archive: string): Promise<void> {
  const names = await readdir(archive, { recursive: true });
  const [name = ''] = names.filter((one) => one.endsWith('.sqlite'));
  const catalog = openDatabase(join(archive, name), { timeoutMs: 5000 });
  const maps = catalog.prepare<[], { rowid: number; map: Buffer }>(
    'SELECT rowid, map FROM delta_maps ORDER BY set_id LIMIT 2',
  );
  const put = catalog.prepare<[Buffer | undefined, number]>(
    'UPDATE delta_maps SET map = ? WHERE rowid = ?',
  );
  for (const { rowid, map } of maps.all()) put.run(shifted(map), rowid);
  catalog.close();
}

function shifted(map: Buffer): Buffer | undefined {
  const writer = new DeltaMapWriter();
  const fail = (what: string): DuplifsError => new DuplifsError('DAMAGED', what);
  let isFirst = true;
  for (const { count, source, length, literalFlag } of readDeltaMap(map, {
    deltaLength: size * 2,
    fail,
  })) {
    for (let index = 0; index < count; index += 1) {
      const [start = 0, bytes = 0] = [source[index], length[index]];
      if (literalFlag[index] === 1) writer.literal(start, bytes);
      else {
        writer.copy(isFirst ? start - 1 : start, bytes);
        isFirst = false;
      }
    }
  }
  return writer.map;
}

/** Whether all deltas are right now: each that is not is told once. */
async function hasRead(made: Made, all: readonly [number, number]): Promise<boolean> {
  const found = await read(made, all, true).catch(() => undefined);
  return found?.bytes.equals(made.bytes) ?? false;
}

describe.runIf(canMakeChains)('a file that has changed many times', () => {
  beforeAll(built);

  describe.each(Object.entries(programs))('in a chain of %s', (program, backup) => {
    let made: Made;
    beforeAll(async () => {
      made = await make(backup);
      // what another program wrote is decoded once
      if (program === 'duplicity') await read(made, [0, size * 2]);
    });

    it.each([
      [0, 4096],
      [1_234_000, 4096],
      [size / 2, 4096],
      [size - 5000, 4096],
    ])('is read at %i for what the bytes there cost', async (offset, length) => {
      const { bytes, reads } = await read(made, [offset, length]);
      expect(bytes.equals(made.bytes.subarray(offset, offset + length))).toBe(true);
      expect(reads.filter(({ isWhole }) => isWhole)).toEqual([]);
      expect(reads.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(2 ** 20);
      expect(reads.length).toBeLessThanOrEqual(6);
    });

    it('is the same from start to end, also where each delta is read', async () => {
      const all = [0, made.bytes.length + 1] as const;
      expect((await read(made, all)).bytes.equals(made.bytes)).toBe(true);
      expect((await read(made, all, true)).bytes.equals(made.bytes)).toBe(true);
    });

    it('has a map that is not that of its delta told where each delta is read, once', async () => {
      const all = [0, made.bytes.length + 1] as const;
      await forgeMaps(join(made.folder, 'reader'));
      await expect(read(made, all, true)).rejects.toMatchObject({
        code: 'DAMAGED',
        message: 'The map that was known of the change of "large" is not its own',
      });
      await expect.poll(async () => hasRead(made, all), { timeout: 60_000 }).toBe(true);
      expect((await read(made, all)).bytes.equals(made.bytes)).toBe(true);
    });
  });
});
