/** The sigtars of a chain are read all at the same time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { noPrefixes } from '../../src/archive/index.js';
import { Keyring } from '../../src/openpgp/index.js';
import { openStorage } from '../../src/storage/index.js';
import { decodeBaseSignatures, Target } from '../../src/target/index.js';
import { noise } from '../support/noise.js';
import { withFolder } from '../support/folders.js';

const plaintext = Buffer.concat(Array.from({ length: 32 }, (_, at) => noise(128 * 1024, at)));
const name = 'duplicity-full-signatures.20231114T221320Z.sigtar.gz';

/** What buffers take once nothing more is read ahead. */
async function settled(): Promise<number> {
  let most = 0;
  for (let quiet = 0; quiet < 10; quiet += 1) {
    await setTimeout(100);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers > most) quiet = 0;
    most = Math.max(most, arrayBuffers);
  }
  return most;
}

/** What the buffers take of so many sigtars that have been begun; each is read to its end then. */
async function heldBytes(target: Target, count: number): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: count }, () =>
    decodeBaseSignatures(target, { name, setSeconds: 0 }, count),
  );
  const firsts = await Promise.all(readers.map(async (reader) => reader.next()));
  const held = (await settled()) - before;
  const parts = firsts.map(({ value }) => [value as Buffer]);
  for (const [at, reader] of readers.entries()) {
    for await (const chunk of reader) parts[at]?.push(chunk);
    expect(Buffer.concat(parts[at] ?? []).equals(plaintext)).toBe(true);
    parts[at] = [];
  }
  return held;
}

describe('the signatures of a chain', () => {
  it('take no more memory while they are read where there are more sets', async () => {
    await withFolder(async (folder) => {
      const archiveFolder = join(folder, 'archive');
      mkdirSync(archiveFolder);
      writeFileSync(join(archiveFolder, name), gzipSync(plaintext));
      const storage = await openStorage(`file://${folder}`, { numRetries: 1 });
      const report = (): undefined => undefined;
      const decode = { keyring: new Keyring({}), report };
      const target = new Target({ storage, archiveFolder, prefixes: noPrefixes, decode, report });
      // garbage that was not collected yet counts; 2 MiB ahead in each would be 84e6
      expect(await heldBytes(target, 40)).toBeLessThan(75e6);
    });
  });
});
