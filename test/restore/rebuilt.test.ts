/** A file that is rebuilt from a change is held against the signature that its set has of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRdiff } from '../librsync/rdiff.js';
import { chainOf, changed, first, second, third } from '../support/rebuilt-files.js';
import { duplifs, isTraceback } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
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
      chainOf(newFolder(), first, [changed(first, second), changed(second, third)]),
    );
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^Restored 5 entries/)]);
    expect(readFileSync(join(out, 'f')).equals(third)).toBe(true);
  });

  it('is an error when a change is laid on another version than it was made from', async () => {
    // the set of the first change is gone, and that of the second has its name
    const { out, status, stderr } = await restored(
      chainOf(newFolder(), first, [changed(second, third)]),
    );
    expect(status).toBe(21);
    expect(stderr).toContain(
      '"f" was not restored: "f" as set 20231114T221320Z.to.20231115T221320Z changes it',
    );
    expect(existsSync(join(out, 'f'))).toBe(false);
    expect(readdirSync(out)).toEqual(['g', 'new-0']);
  });
});
