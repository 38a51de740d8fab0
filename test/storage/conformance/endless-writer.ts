/** Writes the file "victim" without end, and says when it is half-way: `endless-writer.ts URL`, to be killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../../src/storage/index.js';
import type { StorageOptions } from '../../../src/storage/index.js';

const options = JSON.parse(process.env['TEST_OPTIONS'] ?? '{}') as StorageOptions;
const storage = await openStorage(process.argv[2] ?? '', options);

async function* body(): AsyncGenerator<Uint8Array> {
  for (let i = 0; ; i += 1) {
    yield Buffer.alloc(65_536, i);
    if (i === 200) process.stdout.write('half-way\n');
    if (i >= 200) await sleep(20);
  }
}

await storage.write('victim', body(), { size: 1e9 });
