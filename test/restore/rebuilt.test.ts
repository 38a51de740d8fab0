/** A file that is rebuilt from a change is held against the signature that its set has of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignatureBuilder } from '../../src/librsync/index.js';
import { hasRdiff, rdiffDelta, rdiffSignature } from '../librsync/rdiff.js';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import type { Crafted } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { duplifs, isTraceback } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const first = noise(20_000);
const second = Buffer.concat([first.subarray(0, 9000), noise(500, 2), first.subarray(9500)]);
const third = Buffer.concat([noise(300, 3), second]);

function signatureOf(bytes: Buffer): Buffer {
  const builder = new SignatureBuilder(512);
  builder.update(bytes);
  return builder.digest();
}

/** A file that was `before` and is `after`. */
function changed(before: Buffer, after: Buffer): Crafted {
  const delta = rdiffDelta(rdiffSignature(before, 512), after);
  return file('f', delta, { kind: 'diff', signature: signatureOf(after) });
}

/** A full, and an incremental of each change. */
function chainOf(...changes: readonly Crafted[]): string {
  const target = join(newFolder(), 'target');
  writeSet(target, {
    times: timesOf(0),
    volumes: [[folder(''), file('f', first), file('g', 'gee')]],
  });
  for (const [index, change] of changes.entries()) {
    const more = file(`new-${index}`, 'new');
    writeSet(target, { times: timesOf(index + 1), volumes: [[folder(''), change, more]] });
  }
  return target;
}

async function restored(
  target: string,
): Promise<{ out: string; status: number | null; stderr: string }> {
  const home = newFolder();
  const out = join(home, 'out');
  const args = ['--archive-dir', join(home, 'archive'), '--tempdir', home];
  const { status, stderr } = await duplifs(['restore', ...args, target, out]);
  expect([stderr, isTraceback(stderr)]).toEqual([stderr, false]);
  return { out, status, stderr };
}

describe.runIf(hasRdiff)('a restored file that is rebuilt from changes', () => {
  it('is what its sets have signed', async () => {
    const { out, status, stderr } = await restored(
      chainOf(changed(first, second), changed(second, third)),
    );
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^Restored 5 entries/)]);
    expect(readFileSync(join(out, 'f')).equals(third)).toBe(true);
  });

  it('is an error when a change is laid on another version than it was made from', async () => {
    // the set of the first change is gone, and that of the second has its name
    const { out, status, stderr } = await restored(chainOf(changed(second, third)));
    expect(status).toBe(21);
    expect(stderr).toContain(
      '"f" was not restored: "f" as set 20231114T221320Z.to.20231115T221320Z changes it',
    );
    expect(existsSync(join(out, 'f'))).toBe(false);
    expect(readdirSync(out)).toEqual(['g', 'new-0']);
  });
});
