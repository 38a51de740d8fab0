/** `duplifs schedule`: what it writes, lists and takes back. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { Machine } from './machine.js';

const newFolder = temporaryFolders();

beforeAll(built);

describe('duplifs schedule', { timeout: 240_000 }, () => {
  it('writes units that systemd takes, lists them with last and next run, and takes them back', async () => {
    const machine = await Machine.in(newFolder(), 'encryption = false\n');
    const none = await machine.duplifs('schedule', 'home', '--by', 'systemd', '--user');
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says when "home" is to run') as string,
    ]);
    const words = ['schedule', 'home', '--every', 'daily@02:30', '--by', 'systemd', '--user'];
    const { status, stdout } = await machine.duplifs(...words);
    expect(status).toBe(0);
    const units = join(machine.folder, 'config', 'systemd', 'user');
    expect((await readdir(units)).sort()).toEqual(['duplifs-home.service', 'duplifs-home.timer']);
    expect(stdout).toContain('OnCalendar=*-*-* 02:30:00');
    const paths = ['service', 'timer'].map((kind) => join(units, `duplifs-home.${kind}`));
    const verified = await run('systemd-analyze', ['verify', '--user', '--man=no', ...paths], {
      env: { XDG_RUNTIME_DIR: machine.folder, HOME: machine.folder },
    });
    expect(verified.stderr.split('\n').filter((line) => line.includes('duplifs'))).toEqual([]);
    const listed = await machine.duplifs('schedule');
    expect(listed.stdout).toMatch(
      /^home {2}daily@02:30 {2}systemd, user {2}last: never {2}next: \w+ \w+ +\d+ 02:30:00 \d+$/m,
    );
    const removed = await machine.duplifs('schedule', 'home', '--remove');
    expect(removed.stdout).toContain(`Took away: ${paths[1] ?? ''}`);
    for (const path of paths) expect(existsSync(path)).toBe(false);
    expect((await machine.duplifs('schedule', 'home', '--remove')).stdout).toContain(
      'There is no schedule of "home"',
    );
  });
});

describe('duplifs run --if-missed', { timeout: 240_000 }, () => {
  it('runs what a sleep has made the machine miss, and nothing else', async () => {
    const machine = await Machine.in(newFolder(), 'encryption = false\n');
    const at = async (time: string): Promise<number> => {
      const seconds = String(Date.parse(time) / 1000);
      const words = ['--if-missed', '0 2 * * *', '--current-time', seconds];
      const { status, stderr } = await machine.duplifs('run', 'home', '--quiet', ...words);
      expect(status, stderr).toBe(0);
      return (await machine.history()).length;
    };
    expect(await at('2024-01-01T10:00:00Z')).toBe(1); // never before
    expect(await at('2024-01-01T11:00:00Z')).toBe(1);
    expect(await at('2024-01-02T02:05:00Z')).toBe(1); // the regular one may be on its way
    expect(await at('2024-01-02T09:00:00Z')).toBe(2);
    expect(await at('2024-01-02T10:00:00Z')).toBe(2);
  });
});
