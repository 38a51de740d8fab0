/** What starts a packaged program: packaging/program/duplifs. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, root } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

describe('a packaged program', () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(newFolder(), 'a folder');
    const bin = join(folder, 'lib/duplifs/bin');
    await mkdir(bin, { recursive: true });
    await mkdir(join(folder, 'bin'));
    await copyFile(join(root, 'packaging/program/duplifs'), join(bin, 'duplifs'));
    await writeFile(join(bin, 'node'), '#!/bin/sh\nprintf "%s\\n" "$PATH" "$@"\n', { mode: 0o755 });
    await symlink('duplifs', join(bin, 'mount.duplifs'));
    for (const name of ['duplifs', 'mount.duplifs']) {
      await symlink(`../lib/duplifs/bin/${name}`, join(folder, 'bin', name));
    }
    for (const name of ['duplicity', 'mount.fuse.duplifs', 'dup']) {
      await symlink(join(folder, 'bin/duplifs'), join(folder, name));
    }
  });

  async function started(path: string): Promise<string[]> {
    const args = ['-i', join(folder, path), 'a b', '$c'];
    const { status, stdout, stderr } = await run('env', args, { cwd: '/' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [searched, ...given] = stdout.trimEnd().split('\n');
    // mount(8) gives none, and what duplifs calls must be found
    expect(searched?.split(':')).toContain('/usr/bin');
    expect(given.slice(1)).toEqual(['a b', '$c']);
    return given.slice(0, 1).map((name) => name.slice(join(folder, 'lib/duplifs/bin/').length));
  }

  it.each([
    ['bin/duplifs', 'duplifs.js'],
    ['lib/duplifs/bin/duplifs', 'duplifs.js'],
    ['dup', 'duplifs.js'],
    ['bin/mount.duplifs', 'mount.duplifs.js'],
    ['mount.fuse.duplifs', 'mount.duplifs.js'],
    ['duplicity', 'duplicity'],
  ])('is started as %s by its own Node.js, with %s', async (path, name) => {
    expect(await started(path)).toEqual([name]);
  });

  it('keeps the folders of programs that it is given', async () => {
    const { stdout } = await run('env', ['-i', 'PATH=/mine:/bin', join(folder, 'bin/duplifs')]);
    expect(stdout).toMatch(/^\/mine:\/bin:/);
  });
});
