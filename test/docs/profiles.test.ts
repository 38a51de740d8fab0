/** docs/profiles.md and docs/schedule.md, tried literally. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { built, root, run, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { profileHome } from '../profiles/profile-home.js';

const newFolder = temporaryFolders();
const text = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const blocks = (name: string, language: string): string[] =>
  [...text(name).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
const home = profileHome();

describe('docs/profiles.md', () => {
  const profiles = blocks('profiles.md', 'toml');

  it('has profiles', () => {
    expect(profiles.length).toBeGreaterThan(4);
  });

  it.each(profiles.map((block, index) => [index, block] as const))(
    'has no mistake in profile %i',
    async (_, block) => {
      home.write('documented', block);
      await expect(home.load('documented')).resolves.toMatchObject({ name: 'documented' });
    },
  );

  it('goes from nothing to done, by its own lines', { timeout: 300_000 }, async () => {
    await built();
    const folder = newFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const program = join(bin, 'duplifs');
    const line = `exec "${process.execPath}" "${join(root, 'bin', 'duplifs.js')}" "$@"`;
    writeFileSync(program, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const env = {
      HOME: folder,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      XDG_CONFIG_HOME: undefined,
      XDG_STATE_HOME: undefined,
      XDG_CACHE_HOME: undefined,
    };
    const [begin = '', restore = '', logs = ''] = blocks('profiles.md', 'sh');
    for (const script of [begin, restore, logs]) {
      const { status, stdout, stderr } = await run('bash', ['-e', '-c', script], {
        env,
        cwd: folder,
        timeoutMs: 280_000,
      });
      expect(status, `${script}\n${stdout}\n${stderr}`).toBe(0);
    }
    const found = await runOk('bash', ['-c', 'cat restored/*/letter'], { cwd: folder });
    expect(found).toBe('hello\n');
    expect(readFileSync(join(folder, 'documents', 'letter'), 'utf8')).toBe('hello\n');
  });
});

describe('docs/schedule.md', () => {
  it('has schedules that are understood', async () => {
    const { parseSchedule } = await import('../../src/profiles/index.js');
    const rows = [...text('schedule.md').matchAll(/^\| (`.*?) *\| /gm)];
    const schedules = rows.flatMap(([, cell = '']) =>
      [...cell.matchAll(/`"?([^`"]+)"?`/g)].map(([, schedule = '']) => schedule),
    );
    expect(schedules.length).toBeGreaterThan(10);
    for (const schedule of schedules.filter((one) => one !== '--every')) {
      expect(() => parseSchedule(schedule), schedule).not.toThrow();
    }
  });
});
