/** Which sets `index --upload` writes indexes of, in what state it leaves the target, and what replicas get of them. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { countBlocks, IndexParser, noPrefixes } from '../../src/archive/index.js';
import type { IndexBinding } from '../../src/archive/index.js';
import { openStorage } from '../../src/storage/index.js';
import { TargetLock } from '../../src/target/index.js';
import { canMakeChains } from '../support/chains.js';
import { flipByte } from '../support/flip-byte.js';
import { start, stopWhen } from '../support/interrupt.js';
import { lostChain, lostSets, secondsOf, stampOf } from '../support/lost-chain.js';
import { withOwnChain } from '../support/own-chain.js';
import { built, duplifs, runOk } from '../support/run.js';
import { smallChain, withUploads } from '../support/uploaded.js';

beforeAll(built);

interface Read {
  /** How many blocks each volume has. */
  readonly blocks: number[];
  binding?: IndexBinding;
}

function readIndex(bytes: Buffer): Read {
  const found: Read = { blocks: [] };
  const parser = new IndexParser('an index', {
    set: () => undefined,
    entry: () => undefined,
    volume: ({ table }) => found.blocks.push(countBlocks(table.blocks)),
    binding: (binding) => {
      found.binding = binding;
    },
  });
  parser.push(gunzipSync(bytes));
  parser.end();
  return found;
}

describe.runIf(canMakeChains)('index --upload', () => {
  it('shows with --dry-run what it would write, and takes the sets of --since', async () => {
    await withUploads(await smallChain(), async (place) => {
      const shown = await place.upload(['--dry-run']);
      const lines = lostSets.map((set) => `Would write an index of set .*${stampOf(set)}`);
      expect(shown.stdout).toMatch(new RegExp(`^${lines.reverse().join('\n')}\n$`));
      expect(await place.added()).toEqual([]);
      const since = ['--since', new Date(secondsOf('newest') * 1000).toISOString()];
      expect((await place.upload(since)).stdout).toContain('Wrote 1 index.');
      const [only = ''] = await place.added();
      expect(only).toContain(stampOf('newest'));
      const rest = JSON.parse((await place.upload(['--dry-run', '--json'])).stdout) as object;
      expect(rest).toMatchObject({ planned: [expect.any(String), stampOf('full')], failed: 0 });
      expect((await place.run(['index', '--dry-run'])).status).toBe(2);
    });
  });

  it('writes an index again that knows no blocks, under its name and as bound as it was', async () => {
    await withOwnChain({}, async (place) => {
      const index = await place.name(/^duplifs-index\.\w+\.gz$/);
      const path = join(place.target, index);
      const original = readIndex(await readFile(path));
      await rm(path);
      const repaired = await place.run('repair', '--force');
      expect([repaired.status, repaired.stderr]).toEqual([0, repaired.stderr]);
      expect(readIndex(await readFile(path)).blocks).toEqual(original.blocks.map(() => 0));
      const { status, stdout } = await place.run('index', '--upload');
      expect([status, stdout]).toEqual([0, stdout]);
      expect(stdout).toContain('Wrote 1 index.');
      const made = readIndex(await readFile(path));
      expect(made.blocks.every((count) => count > 0)).toBe(true);
      expect(made.binding).toEqual(original.binding);
      expect((await place.run('index', '--upload')).stdout).toContain('Wrote 0 indexes.');
      const out = join(place.folder, 'out');
      const restored = await duplifs(['restore', place.url, out]);
      expect([restored.status, restored.stderr]).toEqual([0, restored.stderr]);
      expect(await runOk('diff', ['-r', place.tree(2), out])).toBe('');
      const checked = await place.run('check');
      expect([checked.status, checked.stdout]).toEqual([0, checked.stdout]);
    });
  });

  it('decodes nothing twice, and goes on where it was ended', async () => {
    await withUploads(await smallChain(), async (place) => {
      await place.run(['index']);
      const archive = join(place.folder, 'first');
      const args = ['index', '--upload', '--archive-dir', archive, place.url];
      const running = start(args, place.chain.env);
      await stopWhen(running, 'SIGKILL', async () => (await place.added()).length > 0);
      expect((await place.added()).length).toBeGreaterThan(0);
      const { stdout } = await place.upload();
      expect(stdout).toContain('Decoded 0 volumes');
      expect(await place.added()).toHaveLength(lostSets.length);
      const listed = await place.run(['ls'], 'second');
      expect([listed.status, listed.stderr]).toEqual([0, '']);
    });
  });

  it('waits for nobody who writes to the target, and says who that is', async () => {
    await withUploads(await smallChain(), async (place) => {
      const storage = await openStorage(place.url);
      const lock = await TargetLock.take({
        storage,
        prefixes: noPrefixes,
        archiveFolder: place.folder,
        lockWaitSeconds: 0,
        stop: new AbortController().signal,
        report: () => undefined,
      });
      try {
        const { stderr } = await place.upload([], 23);
        expect(stderr).toContain('Another backup is writing to');
        expect(await place.added()).toEqual([]);
      } finally {
        await lock.release();
        await storage.close();
      }
      expect((await place.upload()).stdout).toMatch(/Decoded 0 volumes[^]*Wrote 3 indexes/);
    });
  });
});

describe.runIf(canMakeChains)('a replica of sets with uploaded indexes', () => {
  it('gets those that are whole, and is whole without the others', async () => {
    await withUploads(await smallChain(), async (place) => {
      await place.upload();
      const [full = ''] = await place.added();
      const path = join(place.target, full);
      const whole = await readFile(path);
      await flipByte(path);
      const replica = join(place.folder, 'replica');
      const replicate = async (): Promise<string> => {
        const tail = [`file://${replica}`];
        const { status, stderr } = await place.run(['replicate'], 'first', { tail });
        expect([status, stderr]).toEqual([0, stderr]);
        return stderr;
      };
      expect(await replicate()).toContain(`"${full}" was not copied, and nothing is lost by that`);
      const { tree } = await lostChain('a pass phrase');
      const out = join(place.folder, 'out');
      const expectRestored = async (machine: string): Promise<void> => {
        const words = ['restore', '--archive-dir', join(place.folder, machine)];
        const read = await duplifs([...words, `file://${replica}`, out], { env: place.chain.env });
        expect([read.status, read.stderr]).toEqual([0, read.stderr]);
        expect(await runOk('diff', ['-r', '--no-dereference', tree('newest'), out])).toBe('');
        await rm(out, { recursive: true });
      };
      await expectRestored('of the replica');
      await writeFile(path, whole);
      await replicate();
      expect((await readFile(join(replica, full))).equals(whole)).toBe(true);
      // damaged later: what the replica has stays
      await flipByte(path);
      await replicate();
      await expectRestored('of the replica, later');
    });
  });
});
