/** `index --upload`: indexes beside sets of duplicity's, from which other machines read ranges. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { IndexParser } from '../../src/archive/index.js';
import type { IndexVolume } from '../../src/archive/index.js';
import { canMakeChains, chain } from '../support/chains.js';
import type { ChainName } from '../support/chains.js';
import { countingStorage } from '../support/counting-storage.js';
import { treeOf, withTest } from '../support/open.js';
import type { Opened, Shown } from '../support/open.js';
import { built, run, runOk } from '../support/run.js';
import { first } from '../support/sampled.js';
import { withUploads } from '../support/uploaded.js';

beforeAll(built);

const names: readonly ChainName[] = [
  'passphrase',
  'signed',
  'gzip',
  'plain',
  'keyring',
  'v3-passphrase',
  'v3-signed',
  'v3-gzip',
  'v3-plain',
];

async function treesOf({ repository }: Opened): Promise<Map<string, Shown>[]> {
  const trees: Map<string, Shown>[] = [];
  for (const set of repository.sets()) trees.push(await treeOf(repository, set));
  return trees;
}

describe.runIf(canMakeChains)('an uploaded index', () => {
  it.each(first(4, names))(
    'of each set of a chain (%s) is enough for another machine, which restores all as it was',
    { timeout: 180_000 },
    async (name) => {
      await withUploads(await chain(name), async (place) => {
        const before = await place.names();
        const { stdout } = await place.upload();
        const sets = place.chain.times.length;
        expect(stdout).toContain(`Wrote ${sets} indexes.`);
        expect(await place.added()).toHaveLength(sets);
        expect(await place.names()).toEqual([...before, ...(await place.added())].sort());
        await place.expectRestored('second');
        const again = await place.upload();
        expect(again.stdout).toContain('Decoded 0 volumes');
        expect(again.stdout).toContain('Wrote 0 indexes.');
        const there = await place.upload([], 0, 'second');
        expect(there.stdout).toMatch(/Decoded 0 volumes[^]*Wrote 0 indexes\./);
        const status = await place.run(['status'], 'second');
        expect([status.status, status.stderr]).toEqual([0, '']);
      });
    },
  );

  it.each(first(2, ['passphrase', 'gzip', 'plain'] as const))(
    'lets another machine read every file of every set (%s) without reading a volume whole',
    { timeout: 120_000 },
    async (name) => {
      await withUploads(await chain(name), async (place) => {
        await place.upload();
        const passphrases = Object.values(place.chain.env).filter((one) => one.includes(' '));
        const { storage, reads } = await countingStorage(place.target);
        const archive = join(place.folder, 'second');
        // room for all blocks: where they come and go, volumes are decoded whole
        const options = { passphrases, memoryBytes: 256 << 20 };
        const read = await withTest(place.target, treesOf, { ...options, storage, archive });
        expect(reads.length).toBeGreaterThan(0);
        expect(reads.filter(({ isWhole }) => isWhole)).toEqual([]);
        const other = join(place.folder, 'third');
        const whole = { ...options, archive: other, wholeVolumes: true };
        const decoded = await withTest(place.target, treesOf, whole);
        for (const [at, tree] of decoded.entries()) {
          expect([...(read[at]?.keys() ?? [])]).toEqual([...tree.keys()]);
          for (const [path, { bytes, error }] of tree) {
            expect(error, path).toBeUndefined();
            const shown = read[at]?.get(path);
            expect(shown?.error, path).toBeUndefined();
            expect(shown?.bytes?.equals(bytes ?? Buffer.alloc(0)) ?? true, path).toBe(true);
          }
        }
      });
    },
  );

  it('holds no session keys where the set is not encrypted, and is a gzip member as its sigtar is', async () => {
    await withUploads(await chain('gzip'), async (place) => {
      await place.upload();
      const [name = ''] = await place.added();
      expect(name).toMatch(/^duplifs-added-index\.\d{8}T\d{6}Z\.gz$/);
      const volumes: IndexVolume[] = [];
      const parser = new IndexParser(name, {
        set: () => undefined,
        entry: () => undefined,
        volume: (volume) => volumes.push(volume),
      });
      parser.push(gunzipSync(await readFile(join(place.target, name))));
      parser.end();
      expect(volumes.length).toBeGreaterThan(0);
      for (const { sessionKey, table } of volumes) {
        expect(sessionKey).toBeUndefined();
        expect(table.blocks.length).toBeGreaterThan(0);
      }
    });
  });

  it('is not looked at by duplicity, which restores, verifies and continues the chain', async () => {
    await withUploads(await chain('passphrase'), async (place) => {
      await place.upload();
      const { env } = place.chain;
      const cache = ['--archive-dir', join(place.folder, 'of-duplicity')];
      const status = await runOk('duplicity', ['collection-status', ...cache, place.url], { env });
      expect(status).toContain('No orphaned or incomplete backup sets found.');
      const cleanup = await runOk('duplicity', ['cleanup', ...cache, place.url], { env });
      expect(cleanup).toContain('No extraneous files found');
      const out = join(place.folder, 'out');
      await runOk('duplicity', ['restore', ...cache, place.url, out], { env });
      const source = ['--allow-source-mismatch', out];
      const verify = ['verify', ...cache, place.url, out];
      expect((await run('duplicity', verify, { env })).stdout).toContain(' 0 differences found');
      const known = (await place.names()).length;
      await runOk('duplicity', ['incremental', ...cache, ...source, place.url], { env });
      expect((await place.names()).length).toBeGreaterThan(known);
      // the set that has come has no index, and the others keep theirs
      const { stdout } = await place.upload();
      expect(stdout).toContain('Wrote 1 index.');
      await rm(out, { recursive: true });
      await place.expectRestored('second');
    });
  });
});
