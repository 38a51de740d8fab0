import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeenReader, SeenWriter } from '../../../src/backup/compare/seen-file.js';
import type { WalkEntry } from '../../../src/source/walk/index.js';
import { comparePaths } from '../../../src/base/index.js';

const sinceMs = 1_700_000_000_000;

function file(path: string, ctimeMs = 1000.25): WalkEntry {
  return {
    kind: 'entry',
    path,
    type: 'reg',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 7,
    mtimeSeconds: 1,
    mtimeMs: 1000.125,
    ctimeMs,
    inode: 12,
  };
}

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'duplifs-seen-'));
  path = join(folder, 'seen.gz');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function remember(entries: readonly WalkEntry[]): Promise<void> {
  const writer = new SeenWriter(path, 'full.1', sinceMs);
  for (const entry of entries) await writer.add(entry);
  await writer.end();
  await writer.commit();
}

/** What is known of each of the files, asked for in their order. */
async function recall(entries: readonly WalkEntry[]): Promise<(boolean | undefined)[]> {
  const reader = await SeenReader.open(path, 'full.1');
  if (reader === undefined) throw new Error('nothing is remembered');
  const found: (boolean | undefined)[] = [];
  for (const entry of entries) {
    await reader.seek(entry.path);
    found.push(reader.isSame(entry));
  }
  await reader.close();
  return found;
}

describe('what is remembered of the files of the last set', () => {
  const name = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\n', 'é', '\udcff', '!') });

  it('is found again under every name, between files that are new and without those that are gone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, fc.constantFrom('kept', 'new', 'gone', 'other')), {
          selector: ([one]) => one,
        }),
        async (drawn) => {
          const sorted = drawn.sort(([a], [b]) => comparePaths(a, b));
          await remember(sorted.filter(([, what]) => what !== 'new').map(([one]) => file(one)));
          const now = sorted.filter(([, what]) => what !== 'gone');
          const found = await recall(
            now.map(([one, what]) => (what === 'other' ? { ...file(one), size: 8 } : file(one))),
          );
          const expected = { kept: true, new: undefined, other: false, gone: undefined };
          expect(found).toEqual(now.map(([, what]) => expected[what]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('goes over many chunks of the file', async () => {
    const entries = Array.from({ length: 30_000 }, (_, i) => file(`folder/${1e6 + i} of many`));
    await remember(entries);
    const asked = entries.filter((_, i) => i % 7 !== 0);
    expect((await recall(asked)).every((one) => one === true)).toBe(true);
  });

  it('does not vouch for a file that changed when the walk had begun', async () => {
    await remember([file('a', sinceMs - 1), file('b', sinceMs)]);
    expect(await recall([file('a', sinceMs - 1), file('b', sinceMs)])).toEqual([true, false]);
  });

  it('counts up to where it is damaged, and not at all for another set', async () => {
    await remember([file('a'), file('b'), file('c')]);
    const lines = gunzipSync(readFileSync(path)).toString().split('\n');
    lines[2] = '7 12 1000.125 1000.25 "b\\';
    writeFileSync(path, gzipSync(lines.join('\n')));
    expect(await recall([file('a'), file('b'), file('c')])).toEqual([true, undefined, undefined]);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 12));
    expect(await recall([file('a'), file('b')])).toEqual([true, undefined]);
    expect(await SeenReader.open(path, 'full.2')).toBeUndefined();
    expect(await SeenReader.open(join(folder, 'missing'), 'full.1')).toBeUndefined();
  });
});
