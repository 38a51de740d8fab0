/** What another machine fetches once a chain of duplicity's has indexes. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.js';
import type { ByteRange, Storage } from '../../src/storage/index.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { noise } from '../support/noise.js';
import { newestSnapshot, withTest } from '../support/open.js';
import { built, duplifs, runOk } from '../support/run.js';

beforeAll(built);

const passphrase = 'a pass phrase';
const mostBytes = 512 * 1024;
const mostRequests = 6;

interface Fetched {
  requests: number;
  bytes: number;
}

/** The folder as a storage that counts all that is asked of it. */
async function counted(folder: string): Promise<{ storage: Storage; fetched: Fetched }> {
  const inner = await openStorage(`file://${folder}`, { numRetries: 1 });
  const fetched: Fetched = { requests: 0, bytes: 0 };
  const read = async function* (name: string, range: ByteRange | undefined, signal?: AbortSignal) {
    fetched.requests += 1;
    for await (const chunk of inner.read(name, range, signal)) {
      fetched.bytes += chunk.length;
      yield chunk;
    }
  };
  const storage: Storage = {
    url: inner.url,
    list: async (signal) => {
      fetched.requests += 1;
      return inner.list(signal);
    },
    stat: async (name, signal) => {
      fetched.requests += 1;
      return inner.stat(name, signal);
    },
    read,
    write: inner.write.bind(inner),
    remove: inner.remove.bind(inner),
    close: inner.close.bind(inner),
  };
  return { storage, fetched };
}

describe.runIf(canMakeChains)('another machine', () => {
  it(
    'lists a full of one 200 MB volume, and reads a small file of it, for some kilobytes and a few requests',
    { timeout: 300_000 },
    async () => {
      await withFolder(async (folder) => {
        const source = join(folder, 'source');
        await mkdir(join(source, 'small'), { recursive: true });
        await writeFile(join(source, 'big'), noise(190_000_000, 1));
        for (let at = 0; at < 200; at += 1) {
          await writeFile(join(source, 'small', `file ${at}`), noise(20_000, at).toString('hex'));
        }
        const target = join(folder, 'target');
        const env = { PASSPHRASE: passphrase };
        const cache = ['--archive-dir', join(folder, 'of-duplicity')];
        await runOk('duplicity', ['full', ...cache, source, `file://${target}`], { env });
        const first = ['--archive-dir', join(folder, 'first'), `file://${target}`];
        const uploaded = await duplifs(['index', '--upload', ...first], { env });
        expect([uploaded.status, uploaded.stderr]).toEqual([0, uploaded.stderr]);
        expect((await readdir(target)).filter((name) => name.includes('vol'))).toHaveLength(1);
        const second = { archive: join(folder, 'second'), passphrases: [passphrase] };
        const listing = await counted(target);
        await withTest(
          target,
          async ({ repository, warnings }) => {
            const snapshot = await newestSnapshot(repository);
            expect(snapshot.children(snapshot.resolve('small').id, '', 500)).toHaveLength(200);
            expect(warnings).toEqual([]);
          },
          { ...second, storage: listing.storage },
        );
        expect(listing.fetched.bytes).toBeLessThanOrEqual(mostBytes);
        expect(listing.fetched.requests).toBeLessThanOrEqual(mostRequests);
        const reading = await counted(target);
        await withTest(
          target,
          async ({ repository }) => {
            const snapshot = await newestSnapshot(repository);
            const entry = snapshot.resolve('small/file 150');
            const bytes = await snapshot.read(entry, 0, await snapshot.size(entry));
            const wanted = await readFile(join(source, 'small', 'file 150'));
            expect(Buffer.compare(bytes, wanted)).toBe(0);
          },
          { ...second, storage: reading.storage },
        );
        expect(reading.fetched.bytes).toBeLessThanOrEqual(mostBytes);
        expect(reading.fetched.requests).toBeLessThanOrEqual(mostRequests);
      });
    },
  );
});
