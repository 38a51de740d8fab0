/** Of the signatures that the sets of a chain have of one large file only the newest one's is ever in memory. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeSigtarHeader, paddingLength, sigtarEnd } from '../../src/archive/index.js';
import { mergeSets } from '../../src/signatures/merge-sets.js';
import { sigtarEntries } from '../../src/signatures/sigtar-entries.js';
import type { PreviousEntry } from '../../src/signatures/sigtar-entries.js';
import { noise } from '../support/noise.js';

const chunkBytes = 16 * 1024;

interface Sigtar {
  readonly bytes: Buffer;
  /** How much of it was read. */
  read: number;
}

function sigtarOf(files: readonly (readonly [path: string, signature: Buffer])[]): Sigtar {
  const parts = files.flatMap(([path, signature]) => [
    encodeSigtarHeader({
      kind: 'signature',
      path,
      type: 'reg',
      mode: 0o644,
      uid: 1,
      gid: 1,
      userName: '',
      groupName: '',
      mtimeSeconds: 7,
      signatureLength: signature.length,
    }),
    signature,
    Buffer.alloc(paddingLength(signature.length)),
  ]);
  const written = parts.reduce((sum, { length }) => sum + length, 0);
  return { bytes: Buffer.concat([...parts, sigtarEnd(written)]), read: 0 };
}

async function* chunksOf(sigtar: Sigtar): AsyncGenerator<Buffer> {
  while (sigtar.read < sigtar.bytes.length) {
    const chunk = sigtar.bytes.subarray(sigtar.read, sigtar.read + chunkBytes);
    sigtar.read += chunk.length;
    await Promise.resolve();
    yield chunk;
  }
}

describe('sigtarEntries', () => {
  it('merges long signatures, of which it reads the newest and passes over the others', async () => {
    const signatures = [0, 1, 2, 3].map((set) => noise(700_000 + set, set + 1));
    const sigtars = signatures.map((signature, set) =>
      sigtarOf([
        ['a', noise(48, 10 + set)],
        ['large', signature],
        [`only ${set}`, noise(200_000, 20 + set)],
        ['z', noise(90, 30 + set)],
      ]),
    );
    const merged: PreviousEntry[] = [];
    const sources = sigtars.map((sigtar, set) =>
      sigtarEntries(`set ${set}`, set, chunksOf(sigtar)),
    );
    for await (const batch of mergeSets(sources)) merged.push(...batch);
    const hex = (bytes: Buffer = Buffer.alloc(0)): string =>
      createHash('sha256').update(bytes).digest('hex');
    const shown = merged.map(({ path, setSeconds, signature }) => [
      path,
      setSeconds,
      hex(signature),
    ]);
    expect(shown).toEqual([
      ['a', 3, hex(noise(48, 13))],
      ['large', 3, hex(signatures[3])],
      ...[0, 1, 2, 3].map((set) => [`only ${set}`, set, hex(noise(200_000, 20 + set))]),
      ['z', 3, hex(noise(90, 33))],
    ]);
  });

  it('does not read on in a set before it is known whether its signature is wanted', async () => {
    const count = 10;
    const sigtars = Array.from({ length: count }, (_, set) =>
      sigtarOf([['large', noise(3_000_000, set)]]),
    );
    const sources = sigtars.map((sigtar, set) =>
      sigtarEntries(`set ${set}`, set, chunksOf(sigtar)),
    );
    const [newest] = sigtars.slice(-1);
    let most = 0;
    const watched = sources.map(async function* (source) {
      for await (const batch of source) {
        most = Math.max(
          most,
          sigtars.reduce((sum, { read }) => sum + (read === newest?.read ? 0 : read), 0),
        );
        yield batch;
      }
    });
    for await (const batch of mergeSets(watched)) {
      expect(batch[0]?.signature.length).toBe(3_000_000);
      break;
    }
    // the first chunk of each tells of its only entry
    expect(most).toBeLessThanOrEqual(count * 2 * chunkBytes);
  });

  it('refuses a sigtar that ends within a long signature that is read', async () => {
    const sigtar = sigtarOf([['large', noise(500_000, 1)]]);
    const cut = { bytes: sigtar.bytes.subarray(0, 300_000), read: 0 };
    const merged = mergeSets([sigtarEntries('cut', 0, chunksOf(cut))]);
    await expect(merged.next()).rejects.toMatchObject({ code: 'DAMAGED' });
  });
});
