import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText, isDuplifsError } from '../../src/base/index.js';
import { hasRdiff, rdiffDelta, rdiffSignature } from '../librsync/rdiff.js';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import type { Crafted } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { bytesOf, treeOf, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

const edit = fc.record({
  kind: fc.constantFrom('overwrite', 'insert', 'cut', 'append'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(30_000),
  seed: fc.nat(),
});

function edited(
  bytes: Buffer,
  { kind, at, length, seed }: { kind: string; at: number; length: number; seed: number },
): Buffer {
  const from = kind === 'append' ? bytes.length : Math.floor(at * bytes.length);
  const added = kind === 'cut' ? Buffer.alloc(0) : noise(length, seed);
  const skipped = kind === 'overwrite' || kind === 'cut' ? length : 0;
  return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + skipped)]);
}

/** Pieces of a content of several volumes, as duplicity cuts them. */
function pieces(path: string, kind: 'snapshot' | 'diff', data: Buffer): Crafted[] {
  const count = Math.floor(data.length / 65536) + 1;
  return Array.from({ length: count }, (_, index) =>
    file(path, data.subarray(index * 65536, (index + 1) * 65536), { kind, piece: index + 1 }),
  );
}

describe.runIf(hasRdiff)('a file through a chain of deltas', () => {
  it('has the bytes of each of its versions, at any offset and over volume boundaries', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(300_000),
        fc.array(edit, { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(200_000)), {
          minLength: 5,
          maxLength: 5,
        }),
        fc.boolean(),
        async (size, edits, reads, isCut) => {
          const target = join(newFolder(), 'target');
          const versions = [noise(size, 99)];
          const put = (day: number, kind: 'snapshot' | 'diff', data: Buffer): void => {
            const parts = isCut ? pieces('f', kind, data) : [file('f', data, { kind })];
            // every second piece in a volume of its own
            const cuts = Math.ceil(parts.length / 2);
            const volumes = Array.from({ length: cuts }, (_, n) => parts.slice(2 * n, 2 * n + 2));
            writeSet(target, {
              times: timesOf(day),
              volumes: [[folder(''), ...(volumes[0] ?? [])], ...volumes.slice(1)],
              signatures: [folder(''), file('f')],
              manifest: (records) =>
                records.map((record, index) =>
                  index + 1 < records.length ? { ...record, endBlock: 2 * index + 2 } : record,
                ),
            });
          };
          put(0, 'snapshot', versions[0] ?? Buffer.alloc(0));
          for (const [index, change] of edits.entries()) {
            const before = versions.at(-1) ?? Buffer.alloc(0);
            const after = edited(before, change);
            versions.push(after);
            put(index + 1, 'diff', rdiffDelta(rdiffSignature(before, 512), after));
          }
          await withTest(
            target,
            async ({ repository }) => {
              for (const [index, set] of repository.sets().toReversed().entries()) {
                const wanted = versions[index] ?? Buffer.alloc(0);
                const snapshot = repository.snapshot(set);
                await snapshot.load();
                const entry = snapshot.resolve('f');
                expect(await snapshot.size(entry)).toBe(wanted.length);
                for (const [place, length] of reads) {
                  const at = Math.floor(place * wanted.length);
                  const bytes = await snapshot.read(entry, at, length);
                  expect(bytes.equals(wanted.subarray(at, at + length))).toBe(true);
                }
              }
            },
            { cacheBytes: 1 << 20, memoryBytes: 1 << 18 },
          );
        },
      ),
      { numRuns: 8, seed: 7 },
    );
  });
});

/** A delta of COPY commands alone. */
function copies(...ranges: readonly (readonly [start: number, length: number])[]): Buffer {
  const parts = ranges.map(([start, length]) => {
    const command = Buffer.alloc(17);
    command[0] = 0x54; // N8 N8
    command.writeBigUInt64BE(BigInt(start), 1);
    command.writeBigUInt64BE(BigInt(length), 9);
    return command;
  });
  return Buffer.concat([Buffer.from('72730236', 'hex'), ...parts, Buffer.of(0)]);
}

describe('a hostile delta', () => {
  const chain = (deltas: readonly Buffer[], more: readonly Crafted[] = []): string => {
    const target = join(newFolder(), 'target');
    mkdirSync(target);
    writeSet(target, {
      times: timesOf(0),
      volumes: [[folder(''), file('f', noise(1000)), file('g', 'well')]],
    });
    for (const [index, delta] of deltas.entries()) {
      writeSet(target, {
        times: timesOf(index + 1),
        volumes: [[folder(''), file('f', delta, { kind: 'diff' }), ...more]],
      });
    }
    return target;
  };

  it.each([
    ['copies beyond the version before', copies([0, 2000])],
    ['is cut short', copies([0, 100]).subarray(0, -1)],
    ['is none', Buffer.from('not a delta')],
    ['is empty', Buffer.alloc(0)],
    [
      'asks for an impossible length',
      copies([0, Number.MAX_SAFE_INTEGER], [0, Number.MAX_SAFE_INTEGER]),
    ],
  ])('that %s fails for its file alone, and is named', async (_, delta) => {
    const target = chain([delta], [file('h', 'new')]);
    await withTest(target, async ({ repository }) => {
      const tree = await treeOf(repository);
      const { error } = tree.get('f') ?? {};
      expect(isDuplifsError(error, 'DAMAGED') && error.message.includes('"f')).toBe(true);
      expect(tree.get('g')?.bytes?.toString()).toBe('well');
      expect(tree.get('h')?.bytes?.toString()).toBe('new');
    });
  });

  it('that doubles the file at each of fifty incrementals ends in time and in bounds', async () => {
    const deltas: Buffer[] = [];
    for (let size = 1000, day = 0; day < 50; day += 1, size *= 2)
      deltas.push(copies([0, size], [0, size]));
    const target = chain(deltas);
    await withTest(target, async ({ repository }) => {
      const { error } =
        (
          await treeOf(
            repository,
            repository.sets().find(({ kind }) => kind === 'inc'),
          )
        ).get('f') ?? {};
      expect(error).toMatchObject({
        code: 'DAMAGED',
        message: '"f" is cut into more than 8388608 runs',
      });
      expect((await bytesOf(repository, 'g')).toString()).toBe('well');
    });
  });

  it('of a file that the chain does not hold is an error that names it', async () => {
    const target = join(newFolder(), 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [[folder(''), file('f', copies([0, 1]), { kind: 'diff' })]],
    });
    await withTest(target, async ({ repository }) => {
      const { error } = (await treeOf(repository)).get('f') ?? {};
      expect(isDuplifsError(error, 'DAMAGED') && error.message.includes('"f"')).toBe(true);
    });
  });
});

describe('pieces that are missing, doubled or in disorder', () => {
  const whole = pieces('f', 'snapshot', noise(200_000));
  const [first, second, third, last] = whole as [Crafted, Crafted, Crafted, Crafted];
  it.each([
    ['the first is missing', [[second, third, last]]],
    ['one in the middle is missing', [[first, third, last]]],
    ['they are in disorder', [[first, third, second, last]]],
    ['one is there twice', [[first, second, second, third, last]]],
    ['the file is there twice', [[file('f', 'one'), file('e', 'x'), file('f', 'two')]]],
    ['the file is in two volumes', [[file('f', 'one')], [file('f', 'two')]]],
  ])('are an error that names the file when %s', async (_, volumes) => {
    const target = join(newFolder(), 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [[folder(''), ...(volumes[0] ?? [])], ...volumes.slice(1)],
    });
    await withTest(target, async ({ repository }) => {
      const { error } = (await treeOf(repository)).get('f') ?? {};
      expect(isDuplifsError(error, 'DAMAGED') && error.message.includes('"f"')).toBe(true);
    });
  });

  it('are noticed when the manifest was cut off before the volume with the end', async () => {
    const target = join(newFolder(), 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [
        [folder(''), first, second],
        [third, last, file('z', 'end')],
      ],
      manifest: ([record]) => (record === undefined ? [] : [{ ...record, endBlock: 2 }]),
    });
    await withTest(target, async ({ repository, warnings }) => {
      const reason = await treeOf(repository).catch((error: unknown) => error);
      expect(isDuplifsError(reason, 'DAMAGED')).toBe(true);
      expect(errorText(reason)).toContain('its manifest does not name volume 2, which is stored');
      expect(warnings.join()).toContain('has 2 volumes and its manifest names 1');
    });
  });
});
