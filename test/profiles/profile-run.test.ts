/** Runs of a profile as programs: hooks, lock, log, history, notices and exit codes. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { built, duplifsScript, testEnvironment } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { Machine } from './machine.js';

const newFolder = temporaryFolders();

const plain = 'encryption = false\n';

describe('duplifs run', { timeout: 240_000 }, () => {
  it('does what the profile says, and tells it in log, history, hook and exit code', async () => {
    const machine = await Machine.in(
      newFolder(),
      `volsize = 5
[secrets]
PASSPHRASE = { command = "printf 'a very secret phrase'" }
[retention]
keep-last = 1
[run]
before = ["echo before of $DUPLIFS_PROFILE", ["sh", "-c", "echo a very secret phrase"]]
after = "cat >'${newFolder()}/told'; echo it was $DUPLIFS_RESULT $DUPLIFS_EXIT_CODE, log $DUPLIFS_LOG"
check = "1/12"
[log]
mode = "640"
`,
    );
    const first = await machine.duplifs('run', 'home');
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining('No signatures')]);
    expect(first.stdout).toMatch(/^before of home\n\*\*\*\n/);
    expect(first.stdout).toMatch(/it was success 0, log .*\.log\n/);
    expect(first.stdout.trimEnd()).toMatch(
      /The backup "home" succeeded in \d+ s, full: 4 new, 0 changed, 0 deleted$/,
    );
    await writeFile(join(machine.source, 'file'), 'other\n');
    expect((await machine.duplifs('run', 'home', '--quiet')).stdout).toBe('');
    const history = await machine.history();
    expect(history.map(({ outcome, figures }) => [outcome, figures?.kind])).toEqual([
      ['success', 'full'],
      ['success', 'inc'],
    ]);
    const steps = history[0]?.steps.map(({ step }) => step);
    expect(steps?.slice(0, 4)).toEqual(['before', 'backup', 'prune', 'cleanup']);
    const [log = ''] = await readdir(machine.state).then((names) =>
      names.filter((name) => name.endsWith('.log')),
    );
    const text = await readFile(join(machine.state, log), 'utf8');
    expect(text).toContain('before: before of home');
    expect(text).not.toContain('a very secret phrase');
    expect((await stat(join(machine.state, log))).mode & 0o777).toBe(0o640);
    // the backup is one, with that passphrase
    const listed = await machine.duplifs('ls', 'home');
    expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining('sub/inner')]);
    const shown = await machine.duplifs('history', 'home');
    expect(shown.stdout).toMatch(
      /success +\d+ s {2}full: 4 new[^\n]*\n[^\n]*success +\d+ s {2}inc: 0 new, 1 changed/,
    );
    const last = await machine.duplifs('log', 'home', '--last');
    expect(last.stdout).toContain('run: The backup "home" succeeded');
  });

  it('that fails ends with the exit code of the step, runs the hook, and is told; the next one succeeds', async () => {
    const machine = await Machine.in(newFolder(), plain);
    const told = join(machine.folder, 'told');
    const hooks = `[run]\nafter = "cat >${told}"\n[[notify]]\nkind = "ntfy"\nurl = "http://127.0.0.1:19999"\n`;
    await machine.profile(plain + hooks);
    await rm(machine.source, { recursive: true });
    const failed = await machine.duplifs('run', 'home', '--quiet');
    expect(failed.status).toBe(13);
    expect(failed.stdout).toBe('');
    expect(failed.stderr).toMatch(/FAILED after \d+ s: backup: /);
    // a notice that cannot be sent is told and changes nothing
    expect(failed.stderr).toContain('Warning: Notice 1 (ntfy) of "failure" could not be sent');
    expect(JSON.parse(await readFile(told, 'utf8'))).toMatchObject({
      outcome: 'failure',
      exitCode: 13,
    });
    await mkdir(machine.source);
    await writeFile(join(machine.source, 'x'), 'x');
    expect((await machine.duplifs('run', 'home')).status).toBe(0);
    const history = await machine.history();
    expect(history.map(({ outcome, exitCode }) => [outcome, exitCode])).toEqual([
      ['failure', 13],
      ['success', 0],
    ]);
    expect(history[0]?.failedNotices).toHaveLength(1);
    const log = await machine.duplifs('log', 'home', '--failed');
    expect(log.stdout).toContain('FAILED');
  });

  it('whose hook before fails makes no backup, and one whose hook after fails has made one', async () => {
    const machine = await Machine.in(
      newFolder(),
      `${plain}[run]\nbefore = "echo no disk >&2; exit 7"\n`,
    );
    const { status, stderr } = await machine.duplifs('run', 'home');
    expect([status, stderr]).toEqual([13, 'no disk\n']);
    expect(existsSync(machine.target)).toBe(false);
    expect((await machine.history())[0]?.message).toBe('before: no disk');
    await machine.profile(`${plain}[run]\nafter = "exit 7"\n`);
    expect((await machine.duplifs('run', 'home')).status).toBe(1);
    expect((await machine.history())[1]).toMatchObject({ outcome: 'warning', backedUp: true });
  });

  it('is skipped with 75 while a condition does not hold', async () => {
    const machine = await Machine.in(
      newFolder(),
      `${plain}[run.only-if]\nnetwork = "127.0.0.1:19999"\n`,
    );
    const { status, stdout } = await machine.duplifs('run', 'home');
    expect([status, stdout]).toEqual([
      75,
      expect.stringContaining('was skipped: "127.0.0.1:19999" cannot be reached'),
    ]);
    expect((await machine.history())[0]?.outcome).toBe('skipped');
    expect(existsSync(machine.target)).toBe(false);
  });

  it('at the same time as another says who runs, or waits for it', async () => {
    const machine = await Machine.in(
      newFolder(),
      plain + '[run]\nbefore = "touch $HOME-begun; sleep 8"\n',
    );
    const long = machine.duplifs('run', 'home');
    while (!existsSync(`${machine.env.HOME}-begun`)) await setTimeout(100);
    const second = await machine.duplifs('run', 'home');
    expect(second.status).toBe(23);
    expect(second.stderr).toMatch(
      /The profile "home" is being run already: process \d+, since .*, now at "before"/,
    );
    await machine.profile(`${plain}[run]\nwait = "5m"\n`);
    const third = await machine.duplifs('run', 'home');
    expect([(await long).status, third.status]).toEqual([0, 0]);
  });

  it('that was killed leaves nothing that stops the next one, which tells it', async () => {
    const machine = await Machine.in(
      newFolder(),
      plain + '[run]\nbefore = "touch $HOME-begun; sleep 60"\n',
    );
    await built();
    const killed = spawn(process.execPath, [duplifsScript, 'run', 'home'], {
      env: testEnvironment(machine.env),
      stdio: 'ignore',
      detached: true,
    });
    while (!existsSync(`${machine.env.HOME}-begun`)) await setTimeout(100);
    process.kill(-(killed.pid ?? 0), 'SIGKILL');
    // as an old program leaves it
    await mkdir(machine.target, { recursive: true });
    await writeFile(join(machine.target, 'duplifs-lock.0123456789abcdef'), '');
    await machine.profile(plain);
    const next = await machine.duplifs('run', 'home');
    expect([next.status, next.stderr]).toEqual([
      0,
      expect.stringMatching(
        /Warning: The run that began at .* never ended\. It was killed, or the machine went down, at "before"/,
      ),
    ]);
    expect((await machine.history()).map(({ outcome }) => outcome)).toEqual(['killed', 'success']);
  });

  it('that has made no backup for too long says so loudly, each time, and sends it once a day', async () => {
    const machine = await Machine.in(newFolder(), plain);
    const told = join(machine.folder, 'told');
    const day = 86_400;
    const now = 1_800_000_000;
    const at = (seconds: number): Promise<Finished> =>
      machine.duplifs('run', 'home', '--quiet', '--current-time', String(seconds));
    expect((await at(now)).status).toBe(0);
    const more = `[run]\noverdue-after = "3D"\n[[notify]]\nkind = "mail"\nto = "me@x.org"\nsendmail = "${machine.folder}/sendmail"\non = ["overdue"]\n`;
    await writeFile(join(machine.folder, 'sendmail'), `#!/bin/sh\ncat >>${told}\n`, {
      mode: 0o755,
    });
    await machine.profile(plain + more);
    await rm(machine.source, { recursive: true });
    expect((await at(now + 2 * day)).stderr).not.toContain('NO BACKUP');
    for (const seconds of [4 * day + 600, 4 * day + 3600, 4 * day + 7200]) {
      expect((await at(now + seconds)).stderr).toMatch(
        /Warning: NO BACKUP of "home" for 4 days: the last is of 2027-01-15T.*; \d runs? ha/,
      );
    }
    expect(
      (await readFile(told, 'utf8')).match(/^Subject: .*NO BACKUP FOR TOO LONG/gm),
    ).toHaveLength(1);
  });

  it('keeps as many logs as it is told, of that owner, as JSON where asked for', async () => {
    const machine = await Machine.in(newFolder(), plain);
    const logs = join(machine.folder, 'logs');
    await machine.profile(
      `${plain}[log]\nfolder = "${logs}"\nformat = "json"\nkeep-count = 2\nowner = "nobody"\ngroup = "nogroup"\nmode = "640"\n`,
    );
    for (let count = 0; count < 3; count += 1)
      expect((await machine.duplifs('run', 'home')).status).toBe(0);
    const names = (await readdir(join(logs, 'home'))).sort();
    expect(names).toHaveLength(2);
    const path = join(logs, 'home', names[1] ?? '');
    const { uid, mode } = await stat(path);
    if (process.getuid?.() === 0) expect([uid, mode & 0o777]).toEqual([65534, 0o640]);
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    for (const line of lines)
      expect(Object.keys(JSON.parse(line) as object)).toEqual(['time', 'step', 'stream', 'text']);
  });

  it('whose log cannot be written says so, and makes the backup', async () => {
    const machine = await Machine.in(newFolder(), plain);
    await machine.profile(`${plain}[log]\nfolder = "${join(machine.source, 'file')}"\n`);
    const { status, stderr } = await machine.duplifs('run', 'home');
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('Warning: No log of this run can be written: ENOTDIR'),
    ]);
    expect((await machine.history())[0]?.backedUp).toBe(true);
  });

  it('with a password in the URL shows it nowhere', async () => {
    const machine = await Machine.in(newFolder(), '');
    const path = join(machine.folder, 'config', 'duplifs', 'home.toml');
    await writeFile(
      path,
      `source = "${machine.source}"\nurl = "ftp://me:pass%3Aword@127.0.0.1:19999/x"\nnum-retries = 1\nencryption = false\n[run]\nbefore = "echo pass:word pass%3Aword; ps -o args= -p $PPID"\n`,
      { mode: 0o600 },
    );
    const { status, stdout, stderr } = await machine.duplifs('run', 'home');
    expect(status).toBe(50);
    const log = await machine.duplifs('log', 'home', '--last');
    for (const text of [stdout, stderr, log.stdout]) expect(text).not.toMatch(/pass(:|%3A)word/);
    expect(stdout).toContain('*** ***');
  });
});

describe('a command with a profile', { timeout: 240_000 }, () => {
  it('restores a path below a folder of its time, and to where it was after a question', async () => {
    const machine = await Machine.in(newFolder(), plain);
    expect((await machine.duplifs('run', 'home', '--current-time', '1700000000')).status).toBe(0);
    const out = join(machine.folder, 'out');
    expect(
      (await machine.duplifs('restore', 'home', 'sub/inner', '--into-dated-folder', out)).status,
    ).toBe(0);
    const [dated = '', ...more] = await readdir(out);
    expect([dated, more]).toEqual([expect.stringMatching(/^2023-11-14T22-1\d-\d\dZ$/), []]);
    expect(await readFile(join(out, dated, 'sub', 'inner'), 'utf8')).toBe('inner\n');
    await writeFile(join(machine.source, 'file'), 'changed\n');
    const asked = await machine.duplifs('restore', 'home', 'file', '--to-original');
    expect([asked.status, asked.stderr]).toEqual([
      2,
      expect.stringContaining('Give --yes where that is wanted'),
    ]);
    expect(await readFile(join(machine.source, 'file'), 'utf8')).toBe('changed\n');
    expect(
      (await machine.duplifs('restore', 'home', 'file', '--to-original', '--yes')).status,
    ).toBe(0);
    expect(await readFile(join(machine.source, 'file'), 'utf8')).toBe('content\n');
    const none = await machine.duplifs('restore', 'home');
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where to restore to'),
    ]);
  });

  it('that does not exist is looked for among the names that there are', async () => {
    const machine = await Machine.in(newFolder(), plain);
    const { status, stderr } = await machine.duplifs('run', 'hom');
    expect([status, stderr]).toEqual([
      2,
      'duplifs: There is no profile "hom"\n  Did you mean "home"?\n',
    ]);
  });
});
