/** The parts of the Debian package that need no build: packaging/debian. */
import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serviceUnit, timerUnit } from '../../src/profiles/schedule/units.js';
import { parseSchedule } from '../../src/profiles/index.js';
import { root, run, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { script } from './scripts.js';

const newFolder = temporaryFolders();
const template = (name: string): string =>
  readFileSync(join(root, 'packaging/debian', name), 'utf8');

describe('the control file', () => {
  it('has the fields that dpkg wants, and names no value that is not filled in', async () => {
    const { fillControl } = await script('debian');
    const values = {
      version: '0.1.0-1',
      size: 1234,
      architecture: 'amd64',
      libc: '2.34',
      libstdcxx: 11,
    };
    const text = fillControl(template('control'), values);
    const fields = new Map(
      [...text.matchAll(/^([A-Z][\w-]*): (.*)$/gm)].map(([, name = '', value]) => [name, value]),
    );
    expect(Object.fromEntries(fields)).toMatchObject({
      Package: 'duplifs',
      Version: '0.1.0-1',
      Architecture: 'amd64',
      'Installed-Size': '1234',
      Depends: 'libc6 (>= 2.34), libgcc-s1, libstdc++6 (>= 11), fuse3',
      Recommends: 'gnupg, libisal2, openssh-client, rsync, rclone',
    });
    expect(fields.get('Maintainer')).toMatch(/^.+ <\S+@\S+>$/);
    expect(text).not.toMatch(/@[A-Z]+@|undefined/);
  });

  it('makes of a version one that dpkg sorts as npm does', async () => {
    const { debianVersion } = await script('debian');
    const versions = ['1.0.0-rc.1', '1.0.0-rc.2', '1.0.0', '1.0.1'].map(debianVersion);
    for (const [index, version] of versions.slice(1).entries()) {
      await runOk('dpkg', ['--compare-versions', versions[index] ?? '', 'lt', version]);
    }
  });

  it('names as maintainer whom the tools of Debian would name', async () => {
    const { maintainer } = await script('debian');
    const env = { DEBFULLNAME: 'Anna', DEBEMAIL: 'anna@example.org' };
    expect(maintainer(env)).toBe('Anna <anna@example.org>');
  });

  it('wants the libc that its programs want', async () => {
    const { wantedLibraries } = await script('debian');
    const { libc, libstdcxx } = wantedLibraries([process.execPath]);
    expect(libc).toMatch(/^2\.\d+$/);
    await runOk('dpkg', ['--compare-versions', libc, 'ge', '2.17']);
    expect(libstdcxx).toBeGreaterThanOrEqual(10);
  });
});

describe('the scripts of the package', () => {
  it.each(['postinst', 'prerm', 'postrm'])('%s is a script of sh', async (name) => {
    const path = join(root, 'packaging/debian', name);
    expect(template(name)).toMatch(/^#!\/bin\/sh\nset -e\n/);
    await runOk('sh', ['-n', path]);
  });

  it.each([
    ['prerm', 'upgrade'],
    ['postrm', 'remove'],
    ['postrm', 'upgrade'],
  ])('%s takes nothing away for "%s"', async (name, action) => {
    const folder = newFolder();
    await writeFile(join(folder, 'rm'), '#!/bin/sh\necho removed "$@" >&2\n', { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const path = join(root, 'packaging/debian', name);
    const { stderr } = await run('sh', [path, action], { env });
    expect(stderr).not.toContain('removed');
  });
});

describe('the units', () => {
  const withoutComments = (text: string): string[] =>
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const options = {
    profile: 'laptop',
    schedule: parseSchedule('daily@02:30'),
    settings: {},
    command: ['/usr/bin/duplifs', 'run', 'laptop', '--quiet'],
    environment: { HOME: '/root' },
    isSystem: true,
    jitterSeconds: 600,
    needsPrivileges: false,
  };

  it.each([
    ['duplifs@.service', serviceUnit(options)],
    ['duplifs@.timer', timerUnit(options)],
  ])('%s says what "duplifs schedule" would write', (name, written) => {
    const ours = withoutComments(template(name).replaceAll('%i', 'laptop'));
    const isText = (line: string): boolean => /^(Description|Documentation)=/.test(line);
    expect(withoutComments(written).filter((line) => !isText(line))).toEqual(
      ours.filter((line) => !isText(line) && !line.startsWith('Environment=PATH=')),
    );
  });

  it('pass systemd-analyze verify', async () => {
    const folder = newFolder();
    for (const name of ['duplifs@.service', 'duplifs@.timer']) {
      const text = template(name).replace('/usr/bin/duplifs', '/bin/true');
      await writeFile(join(folder, name.replace('@', '@laptop')), text);
    }
    const units = (await readdir(folder)).map((name) => join(folder, name));
    const { status, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...units]);
    expect(stderr.split('\n').filter((line) => line.includes('duplifs'))).toEqual([]);
    expect(status).toBe(0);
  });
});
