/** A file behind many changes: a part of it costs a part of it, also for a process that has never read it. */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { countingStorage } from '../support/counting-storage.js';
import type { VolumeRead } from '../support/counting-storage.js';
import { noise } from '../support/noise.js';
import { withTest } from '../support/open.js';
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
      const [set] = repository.sets();
      if (set === undefined) throw new Error('no set');
      const snapshot = repository.snapshot(set);
      await snapshot.load();
      return Buffer.from(await snapshot.read(snapshot.resolve('large'), offset, length));
    },
    { ...options, wholeVolumes },
  );
  return { bytes, reads };
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
  });
});
