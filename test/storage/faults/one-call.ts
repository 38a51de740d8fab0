/**
 * Makes one call of a storage in a process of its own, which has to end by itself: `one-call.ts URL CALL`. It says
 * "ready" before it makes the call, waits for a line, and then says what came of it as JSON.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDuplifsError } from '../../../src/base/index.js';
import { openStorage } from '../../../src/storage/index.js';
import type { Storage, StorageOptions } from '../../../src/storage/index.js';

const [, , url = '', call = ''] = process.argv;
const options = JSON.parse(process.env['TEST_OPTIONS'] ?? '{}') as StorageOptions;
const pieceBytes = 65_536;
const pieces = 400;

async function* body(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < pieces; i += 1) {
    yield Buffer.alloc(pieceBytes, i);
    await sleep(1);
  }
}

const calls: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  list: (storage) => storage.list(),
  read: async (storage) => {
    for await (const chunk of storage.read('there', undefined)) chunk.at(0);
  },
  write: (storage) => storage.write('new', body(), { size: pieces * pieceBytes }),
  remove: (storage) => storage.remove(['there']),
  abort: (storage) =>
    storage.write('new', body(), {
      size: pieces * pieceBytes,
      signal: AbortSignal.timeout(1500),
    }),
  /** With a read under way that nobody goes on with. */
  close: async (storage) => {
    const reading = storage.read('there', undefined)[Symbol.asyncIterator]();
    await Promise.race([reading.next().catch(() => undefined), sleep(300)]);
  },
};

const storage = await openStorage(url, options);
await storage.list();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const started = performance.now();
let code = 'none';
let text = '';
try {
  await calls[call]?.(storage);
} catch (error) {
  code = isDuplifsError(error) ? error.code : 'INTERNAL';
  text = String(error);
}
const seconds = (performance.now() - started) / 1000;
await storage.close();
process.stdout.write(`${JSON.stringify({ code, text, seconds })}\n`);
