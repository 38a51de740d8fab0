/** An archive dir that cannot be used: a backup says so and ends, and what only reads goes on without one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { duplifs, isTraceback } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Target {
  readonly folder: string;
  readonly source: string;
  readonly url: string;
  /** Not even root can make a folder there: a part of it is a file. */
  readonly unusable: string;
}

async function backedUp(): Promise<Target> {
  const folder = newFolder();
  const source = join(folder, 'source');
  const url = `file://${folder}/target`;
  mkdirSync(source);
  writeFileSync(join(source, 'file'), 'content');
  const made = await duplifs(['full', source, url, '--no-encryption']);
  expect(made.status, made.stderr).toBe(0);
  return { folder, source, url, unusable: join(source, 'file', 'x') };
}

describe('an archive dir that cannot be made', () => {
  it('ends a backup with a sentence that names it, and nothing is written', async () => {
    const { folder, source, url, unusable } = await backedUp();
    const before = readdirSync(join(folder, 'target'));
    const args = ['backup', source, url, '--no-encryption', '--archive-dir', unusable];
    const { status, stderr } = await duplifs(args);
    expect(status).toBe(11);
    expect(stderr).toContain(`Cannot use the archive dir "${unusable}/`);
    expect(stderr).toContain('--archive-dir');
    expect(isTraceback(stderr)).toBe(false);
    expect(readdirSync(join(folder, 'target'))).toEqual(before);
  });

  it('is said to who restores, lists or asks for the status, and they do without', async () => {
    const { folder, url, unusable } = await backedUp();
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const more = ['--archive-dir', unusable, '--tempdir', temporary];
    for (const args of [
      ['ls', url],
      ['collection-status', url],
      ['restore', url, `${folder}/out`],
    ]) {
      const { status, stderr } = await duplifs([...args, ...more]);
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/Warning: Cannot open the catalog .*nothing that is read now is kept/);
      expect(readdirSync(temporary)).toEqual([]);
    }
    expect(readFileSync(join(folder, 'out', 'file'), 'utf8')).toBe('content');
  });
});

describe.runIf(process.getuid?.() === 0)('an archive dir on a disk that is full', () => {
  // where the room ends: before the lock's own file, within it, and while the catalog is made
  it.each([0, 16_384])('ends a backup with 53, with %i bytes left', async (left) => {
    const { folder, source, url } = await backedUp();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'duplifs-test', disk]);
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(65_536 - left));
      const more = ['--archive-dir', disk];
      const made = await duplifs(['full', source, url, '--no-encryption', ...more]);
      expect(made.status, made.stderr).toBe(53);
      expect(isTraceback(made.stderr)).toBe(false);
      expect(readdirSync(join(folder, 'target')).join()).not.toMatch(/lock|tmp/);
      const listed = await duplifs(['ls', url, ...more]);
      expect(listed.status, listed.stderr).toBe(0);
      expect(listed.stderr).toContain('Warning: Cannot open the catalog');
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
