/** The manual pages, made as packages make them, please those who read and check such pages. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf, shownCommands } from '../../src/cli/help/index.js';
import { personalityOf } from '../../src/cli/personality.js';
import { newProgram } from '../../src/cli/program.js';
import { isStorageOption } from '../../src/cli/storage-options.js';
import { built, root, run, runOk } from '../support/run.js';

const commands = shownCommands(newProgram(personalityOf('duplifs', {})));

function isThere(program: string): boolean {
  const isFound = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!isFound && process.env['CI'] === 'true') throw new Error(`${program} is not installed`);
  return isFound;
}

describe('the manual', { timeout: 240_000 }, () => {
  let folder: string;
  let files: string[];

  beforeAll(async () => {
    await built();
    folder = await mkdtemp(join(tmpdir(), 'duplifs-manual-'));
    await make(folder);
    const names = await readdir(join(folder, 'man'), { recursive: true });
    files = names.filter((name) => /\.\d$/.test(name)).map((name) => join(folder, 'man', name));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function make(into: string): Promise<void> {
    const env = { SOURCE_DATE_EPOCH: '1790000000' };
    await runOk(process.execPath, [join(root, 'scripts/document-man.js'), into], { env });
  }

  /** As a terminal of 80 columns shows it, without bold and underlines. */
  async function shown(name: string): Promise<string> {
    const path = files.find((file) => file.endsWith(`/${name}`)) ?? name;
    const env = { MANWIDTH: '80', MAN_KEEP_FORMATTING: '', PAGER: 'cat' };
    return (await runOk('man', ['-l', path], { env })).replaceAll(/\s+/g, ' ');
  }

  it('has a page for each command, and those on profiles, times and storages', () => {
    const pages = commands.map((command) => `duplifs-${pathOf(command).replaceAll(' ', '-')}.1`);
    const others = ['duplifs.1', 'duplifs-profile.5', 'duplifs-storage.7', 'duplifs-time.7'];
    const names = files.map((file) => file.slice(file.lastIndexOf('/') + 1));
    expect(names.toSorted()).toEqual([...pages, ...others].toSorted());
  });

  it.runIf(isThere('mandoc'))('gives mandoc nothing to warn of', async () => {
    const { stdout, stderr } = await run('mandoc', ['-T', 'lint', '-W', 'warning', ...files]);
    expect(stdout + stderr).toBe('');
  });

  it.runIf(isThere('man'))('gives groff nothing to warn of', async () => {
    const env = { MANWIDTH: '80', PAGER: 'cat' };
    const { status, stderr } = await run('man', ['-l', '--warnings=w', ...files], { env });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.runIf(isThere('man'))('has each option, example and exit code of a command', async () => {
    for (const command of commands) {
      const text = await readFile(
        files.find((file) => file.endsWith(`-${pathOf(command).replaceAll(' ', '-')}.1`)) ?? '',
        'utf8',
      );
      const options = command.options.filter(({ hidden }) => !hidden);
      for (const { long = '' } of options.filter((option) => !isStorageOption(option))) {
        expect(text, pathOf(command)).toContain(`\\fB${long.replaceAll('-', '\\-')}\\fR`);
      }
      expect(text).toContain('.SH EXAMPLES');
    }
    const restore = await shown('duplifs-restore.1');
    expect(restore).toContain('-r, --path-to-restore path only this path');
    expect(restore).toContain('duplifs restore laptop ~/restored -t 3D');
    expect(restore).toContain('19 path not in the backup');
  });

  it.runIf(isThere('man'))('shows what is typed as it is typed', async () => {
    expect(await shown('duplifs-find.1')).toContain("duplifs find s3://bucket/backup '*.odt'");
    expect(await shown('duplifs-profile.5')).toContain('[[notify]] kind = "mail"');
    expect(await shown('duplifs-storage.7')).toContain('--s3-endpoint-url url another S3 server');
  });

  it('is the same, byte for byte, when it is made again, with the scripts for completion', async () => {
    const before = await runOk('sh', ['-c', 'find . -type f | sort | xargs sha256sum'], {
      cwd: folder,
    });
    await make(folder);
    expect(
      await runOk('sh', ['-c', 'find . -type f | sort | xargs sha256sum'], { cwd: folder }),
    ).toBe(before);
    expect((await readdir(join(folder, 'completions'))).toSorted()).toEqual([
      '_duplifs',
      'duplifs.bash',
      'duplifs.fish',
    ]);
  });
});
