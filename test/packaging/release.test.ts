/** `npm run release`: what it says, what it changes, and when it refuses. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const changelog = `# Changelog

## [Unreleased]

### Added

- Wings.

## [1.1.0] - 2026-01-02

- Legs.
`;

describe('npm run release', () => {
  async function newProject(): Promise<string> {
    const folder = newFolder();
    await mkdir(join(folder, 'scripts/release'), { recursive: true });
    for (const name of ['scripts/release.js', 'scripts/release/texts.js']) {
      await copyFile(join(root, name), join(folder, name));
    }
    const own = { name: 'bird', version: '1.1.0', type: 'module' };
    await writeFile(join(folder, 'package.json'), JSON.stringify(own));
    const lock = { ...own, packages: { '': own, 'node_modules/a': { version: '1.1.0' } } };
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
    await writeFile(join(folder, 'CHANGELOG.md'), changelog);
    await git(folder, 'init', '--quiet', '--initial-branch=main');
    await git(folder, 'config', 'user.name', 'Anna');
    await git(folder, 'config', 'user.email', 'anna@example.org');
    await git(folder, 'add', '.');
    await git(folder, 'commit', '--quiet', '--message', 'Begin');
    await git(folder, 'tag', 'v1.1.0');
    return folder;
  }

  async function git(cwd: string, ...words: string[]): Promise<string> {
    return runOk('git', words, { cwd });
  }

  async function release(cwd: string, ...words: string[]): Promise<Finished> {
    return run(process.execPath, ['scripts/release.js', ...words], { cwd });
  }

  it('says what it would do, and changes nothing', async () => {
    const folder = await newProject();
    const { status, stdout } = await release(folder, '1.2.0');
    expect(status).toBe(0);
    expect(stdout).toMatch(/A release would be made of 1\.1\.0 as 1\.2\.0.*Wings.*Nothing was/s);
    expect(stdout).not.toContain('Legs');
    expect(await git(folder, 'status', '--porcelain')).toBe('');
    expect(await git(folder, 'tag', '--list')).toBe('v1.1.0\n');
  });

  it('commits the version and the changelog, and tags them', async () => {
    const folder = await newProject();
    const { status, stderr } = await release(folder, '1.2.0', '--really', '--no-packages');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const written = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
    expect(written).toMatch(/## \[Unreleased\]\n\n## \[1\.2\.0\] - \d{4}-\d\d-\d\d\n\n### Added/);
    const lock = await readFile(join(folder, 'package-lock.json'), 'utf8');
    expect(JSON.parse(lock)).toMatchObject({
      version: '1.2.0',
      packages: { '': { version: '1.2.0' }, 'node_modules/a': { version: '1.1.0' } },
    });
    expect(await git(folder, 'status', '--porcelain')).toBe('');
    expect(await git(folder, 'describe', '--exact-match')).toBe('v1.2.0\n');
    expect(await git(folder, 'log', '-1', '--format=%s')).toBe('Release 1.2.0\n');
    // and there is nothing for another
    const again = await release(folder, '1.3.0', '--really', '--no-packages');
    expect(again.stderr).toContain('CHANGELOG.md has nothing under "## [Unreleased]"');
    expect(again.status).toBe(1);
  });

  it.each(['1.1.0', '1.0.9', '0.9.0', '1.2', 'v1.2.0', '1.1.0-rc.1'])(
    'refuses "%s" after 1.1.0',
    async (version) => {
      const { status, stderr } = await release(await newProject(), version);
      expect(stderr).toContain(`"${version}" is no version`);
      expect(status).toBe(1);
    },
  );

  it('takes 1.2.0-rc.2, and after it 1.2.0', async () => {
    const folder = await newProject();
    await release(folder, '1.2.0-rc.2', '--really', '--no-packages');
    const first = await release(folder, '1.2.0-rc.1');
    expect(first.status).toBe(1);
    await writeFile(join(folder, 'CHANGELOG.md'), changelog);
    expect((await release(folder, '1.2.0')).status).toBe(0);
  });

  it('refuses what is not committed, and another branch than main', async () => {
    const folder = await newProject();
    await git(folder, 'checkout', '--quiet', '-b', 'other');
    await writeFile(join(folder, 'new.txt'), '');
    const { status, stdout } = await release(folder, '1.2.0', '--really', '--no-packages');
    expect(status).toBe(1);
    expect(stdout).toContain('In the way: there are changes that are not committed');
    expect(stdout).toContain('In the way: this is the branch "other", and not main');
    expect(await git(folder, 'tag', '--list')).toBe('v1.1.0\n');
  });
});
