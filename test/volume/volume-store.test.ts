import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { Keyring } from '../../src/openpgp/index.js';
import type { Storage } from '../../src/storage/index.js';
import { SlotFile, slotBytes, VolumeStore } from '../../src/volume/index.js';
import type { VolumeObserver, VolumeRef } from '../../src/volume/index.js';
import { noise } from '../support/noise.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const keyring = new Keyring({ passphrases: [] });

/** Files in memory, served in small pieces; counts reads from the start. */
class MemoryStorage {
  readonly files = new Map<string, Buffer>();
  readonly reads: string[] = [];
  finished = 0;
  /** Each piece waits for this. */
  pace: () => Promise<unknown> = () => Promise.resolve();

  async *read(name: string, _range: unknown, signal?: AbortSignal): AsyncGenerator<Buffer> {
    this.reads.push(name);
    try {
      const bytes = this.files.get(name) ?? Buffer.alloc(0);
      for (let at = 0; at < bytes.length; at += 65536) {
        await this.pace();
        signal?.throwIfAborted();
        yield bytes.subarray(at, at + 65536);
      }
    } finally {
      this.finished += 1;
    }
  }

  add(id: number, plaintext: Buffer, container: 'gz' | 'plain' = 'plain', tail = ''): VolumeRef {
    const name = `volume-${id}`;
    const packed = container === 'gz' ? gzipSync(plaintext, { level: 1 }) : plaintext;
    const stored = Buffer.concat([packed, Buffer.from(tail)]);
    this.files.set(name, stored);
    const hex = createHash('sha1').update(stored).digest('hex');
    return { id, name, container, hash: { algorithm: 'SHA1', hex } };
  }
}

interface Opened {
  readonly storage: MemoryStorage;
  readonly store: VolumeStore;
  readonly arena: SlotFile;
  readonly folder: string;
}

async function open(
  options: {
    cacheBytes?: number;
    memoryBytes?: number;
    observe?: (volume: VolumeRef) => VolumeObserver | undefined;
  } = {},
): Promise<Opened> {
  const storage = new MemoryStorage();
  const folder = newFolder();
  const arena = await SlotFile.open(folder, options.cacheBytes ?? 64 << 20);
  const store = new VolumeStore({
    storage: storage as unknown as Storage,
    slots: arena,
    keyring,
    memoryBytes: options.memoryBytes ?? slotBytes,
    observe: options.observe,
  });
  return { storage, store, arena, folder };
}

describe('a volume', () => {
  it('gives the bytes at any offset, as stored plain or compressed', async () => {
    const { storage, store } = await open();
    const plaintext = noise(3 * slotBytes + 1000);
    for (const container of ['plain', 'gz'] as const) {
      const volume = storage.add(container === 'gz' ? 1 : 2, plaintext, container);
      for (const [offset, length] of [
        [0, 10],
        [slotBytes - 5, 10],
        [slotBytes, slotBytes],
        [100, 3 * slotBytes],
        [3 * slotBytes, 1000],
      ] as const) {
        const bytes = await store.read(volume, offset, length);
        expect(bytes.equals(plaintext.subarray(offset, offset + length))).toBe(true);
      }
    }
    await store.close();
  });

  it('that two readers ask for at once is fetched once', async () => {
    const { storage, store } = await open();
    const plaintext = noise(2 * slotBytes);
    const volume = storage.add(1, plaintext);
    const parts = await Promise.all(
      [0, 1, 2, 3].map(async (n) => store.read(volume, n * 1000, 1000)),
    );
    expect(Buffer.concat(parts).equals(plaintext.subarray(0, 4000))).toBe(true);
    await store.read(volume, slotBytes + 7, 10);
    expect(storage.reads).toEqual(['volume-1']);
    await store.close();
  });

  it('whose hash differs from the manifest is refused, and no byte of it is served', async () => {
    const { storage, store } = await open();
    const volume = storage.add(1, noise(100_000));
    storage.files.get('volume-1')?.writeUInt8(0x55, 99_999);
    await expect(store.read(volume, 0, 10)).rejects.toSatisfy(
      (error) => isDuplifsError(error, 'DAMAGED') && error.message.includes('volume-1'),
    );
    await store.close();
  });

  it('that is damaged is not fetched again for each of the many files in it', async () => {
    const { storage, store } = await open();
    const volume = storage.add(1, noise(100_000));
    storage.files.get('volume-1')?.writeUInt8(0x55, 99_999);
    for (let file = 0; file < 20; file += 1) {
      await expect(store.read(volume, file, 10)).rejects.toThrow('volume-1');
    }
    expect(storage.reads).toHaveLength(1);
    await store.close();
  });

  it('counts bytes after the end of its gzip stream in its hash', async () => {
    const { storage, store } = await open();
    const plaintext = noise(1000);
    const tail = '\0'.repeat(3_000_000); // other bytes there are an error, as they are to duplicity
    const volume = storage.add(1, plaintext, 'gz', tail);
    expect((await store.read(volume, 0, 1000)).equals(plaintext)).toBe(true);
    const other = storage.add(2, plaintext, 'gz', tail);
    storage.files.get('volume-2')?.writeUInt8(1, 2_500_000);
    await expect(store.read(other, 0, 1000)).rejects.toThrow('volume-2');
    await store.close();
  });

  it('goes on for those who still wait when one of them gives up', async () => {
    const { storage, store } = await open();
    storage.pace = () => setTimeout(5);
    const plaintext = noise(400_000);
    const volume = storage.add(1, plaintext);
    const controller = new AbortController();
    const leaving = Promise.resolve(store.read(volume, 0, 10, controller.signal));
    const staying = store.read(volume, 20, 10);
    controller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    expect((await staying).equals(plaintext.subarray(20, 30))).toBe(true);
    expect(storage.reads).toHaveLength(1);
    await store.close();
  });

  it('is not read to its end once nobody waits, and is read again for who comes later', async () => {
    const { storage, store } = await open();
    let release: () => void = () => undefined;
    const plaintext = noise(400_000);
    const volume = storage.add(1, plaintext);
    const held = new Promise<void>((resolve) => (release = resolve));
    storage.pace = () => held;
    const controller = new AbortController();
    const leaving = Promise.resolve(store.read(volume, 0, 10, controller.signal));
    await setTimeout(10);
    controller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    release();
    storage.pace = () => Promise.resolve();
    await setTimeout(10);
    expect(storage.finished).toBe(1);
    expect((await store.read(volume, 0, 10)).equals(plaintext.subarray(0, 10))).toBe(true);
    expect(storage.reads).toHaveLength(2);
    await store.close();
  });
});

describe('a volume larger than the cache', () => {
  it('is read by a window around the place that is asked for', async () => {
    const { storage, store } = await open({ cacheBytes: 2 * slotBytes });
    const plaintext = noise(7 * slotBytes + 5);
    const volume = storage.add(1, plaintext, 'gz');
    for (let at = 0; at < plaintext.length; at += 100_000) {
      const wanted = plaintext.subarray(at, at + 100_000);
      expect((await store.read(volume, at, wanted.length)).equals(wanted)).toBe(true);
    }
    expect(storage.reads.length).toBeLessThanOrEqual(5);
    await store.close();
  });

  it('serves readers at different places at once', async () => {
    const { storage, store } = await open({ cacheBytes: 2 * slotBytes });
    const plaintext = noise(6 * slotBytes);
    const volume = storage.add(1, plaintext);
    const places = [5, 0, 3, 1, 4, 2, 0, 5];
    const parts = await Promise.all(
      places.map(async (block) => store.read(volume, block * slotBytes + 3, 100)),
    );
    for (const [index, block] of places.entries()) {
      const at = block * slotBytes + 3;
      expect(parts[index]?.equals(plaintext.subarray(at, at + 100))).toBe(true);
    }
    await store.close();
  });
});

describe('volumes that do not fit into the cache together', () => {
  it('push each other out while they are read, and every byte is right', async () => {
    // commit waits, as a catalog does: what was decoded is pushed out before it is used
    const observer = { wantsSeekTable: false, chunk: () => undefined, commit: () => setTimeout(3) };
    const { storage, store } = await open({
      cacheBytes: 3 * slotBytes,
      observe: () => observer,
    });
    const texts = [1, 2, 3, 4].map((id) => noise(2 * slotBytes, id));
    const volumes = texts.map((text, index) => storage.add(index + 1, text));
    const reads = Array.from({ length: 80 }, async (_, n) => {
      const index = (n * 7) % 4;
      const at = (n * 77_777) % (2 * slotBytes - 500);
      const volume = volumes[index];
      if (volume === undefined) throw new Error('no volume');
      const bytes = await store.read(volume, at, 500);
      expect(texts[index]?.subarray(at, at + 500).equals(bytes)).toBe(true);
    });
    await Promise.all(reads);
    await store.close();
  });

  it('do not lose their room: the cache holds as much afterwards as before', async () => {
    const { storage, store, arena } = await open({ cacheBytes: 4 * slotBytes });
    const room = arena.room;
    const refused: number[] = [];
    for (let id = 1; id <= 6; id += 1) {
      const volume = storage.add(id, noise(3 * slotBytes, id));
      if (id === 3) storage.files.get(`volume-${id}`)?.writeUInt8(0, 5);
      await Promise.resolve(store.read(volume, 0, 10)).catch(() => refused.push(id));
    }
    expect(refused).toEqual([3]);
    expect(arena.room).toBe(room - 3);
    await store.close();
  });

  it('a background pass never pushes out what readers use', async () => {
    const { storage, store } = await open({ cacheBytes: 2 * slotBytes });
    const first = storage.add(1, noise(2 * slotBytes));
    await store.read(first, 0, 10);
    await store.decode(storage.add(2, noise(2 * slotBytes)), 'background');
    await store.read(first, slotBytes, 10);
    expect(storage.reads).toEqual(['volume-1', 'volume-2']);
    await store.close();
  });
});

describe('the cache of decoded volumes', () => {
  it('takes no room for zeros', async () => {
    const { storage, store, arena } = await open({ cacheBytes: 2 * slotBytes });
    const room = arena.room;
    const volume = storage.add(1, Buffer.alloc(40 * slotBytes), 'gz');
    const bytes = await store.read(volume, 39 * slotBytes, 1000);
    expect(bytes.equals(Buffer.alloc(1000))).toBe(true);
    expect(arena.room).toBe(room);
    expect(storage.reads).toHaveLength(1);
    await store.close();
  });

  it('leaves nothing in its folder, and what it writes is not the plaintext', async () => {
    const { storage, store, folder } = await open();
    const marker = 'a secret that must not be on the disk ';
    const volume = storage.add(1, Buffer.from(marker.repeat(20_000)));
    await store.read(volume, 0, 10);
    expect(readdirSync(folder)).toEqual([]);
    const cached = openFiles(folder);
    expect(cached).toHaveLength(1);
    const [path = ''] = cached;
    expect(statSync(path).size).toBeGreaterThan(500_000);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path).includes(marker.slice(0, 20))).toBe(false);
    await store.close();
    expect(openFiles(folder)).toEqual([]);
  });

  it('says what to do when its folder cannot be used', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(SlotFile.open(join(file, 'cache'), 1000)).rejects.toSatisfy(
      (error) => isDuplifsError(error, 'TARGET') && error.message.includes(file),
    );
  });
});

/** Files below a folder that this process has open, as paths that can be read though they are removed. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => `/proc/self/fd/${fd}`)
    .filter((path) => {
      try {
        return readlinkSync(path).startsWith(folder);
      } catch {
        return false; // the descriptor of the listing itself
      }
    });
}
