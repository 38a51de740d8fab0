/** duply, as Debian has it, with `duplicity` being a link to duplifs: each command of its usage, on two kinds of profile. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifsScript, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { first } from '../support/sampled.js';

const hasDuply = spawnSync('duply', ['usage']).status !== null;
if (!hasDuply && process.env['CI'] === 'true') throw new Error('duply is not installed');

const profiles = ['passphrase', 'key'] as const;

describe.runIf(hasDuply)('duply', () => {
  it.each(first(1, profiles))(
    'does all that its usage names, with a %s',
    async (kind) => {
      await withFolder(async (folder) => {
        const duply = await Duply.make(folder, kind);
        await duply.source('a', 'first');
        await duply.source('left-out/b', 'never');
        await duply.source('docs/c', 'first');
        expect(await duply.ok('backup')).toContain('Finished state OK');
        await duply.source('a', 'second');
        expect(await duply.ok('incr')).toContain('ChangedFiles 1');
        expect(await duply.ok('status')).toMatch(/Incremental .* 1\n/);
        const list = await duply.ok('list');
        expect(list).toMatch(/ docs\/c$/m);
        expect(list).not.toContain('left-out/b');
        expect(await duply.ok('verify')).toContain('0 differences found');
        expect(await duply.ok('verify', '--compare-data')).toContain('0 differences found');
        const place = join(duply.sourceFolder, 'docs');
        expect(await duply.ok('verifyPath', 'docs', place)).toContain('0 differences found');
        await duply.ok('restore', join(folder, 'all'));
        expect(await readFile(join(folder, 'all/a'), 'utf8')).toBe('second');
        await duply.ok('fetch', 'docs/c', join(folder, 'one'));
        expect(await readFile(join(folder, 'one'), 'utf8')).toBe('first');
        await duply.ok('full');
        await duply.ok('pre_bkp_post');
        await duply.ok('full');
        expect(await duply.ok('purge', '1s')).toContain('old backup');
        expect(await duply.ok('purgeIncr', '1', '--force')).toContain('Deleting');
        expect(await duply.ok('purgeFull', '1', '--force')).toContain('Deleting');
        expect(await duply.ok('purgeAuto')).toContain('Finished state OK');
        expect(await duply.ok('cleanup', '--force')).toContain('No extraneous files');
        const left = await readdir(duply.target);
        expect(left.filter((name) => name.includes('manifest'))).toHaveLength(1);
        expect(left.every((name) => /\.gpg$|^duplifs/.test(name))).toBe(true);
        expect(await duply.ok('version')).toContain('duplicity version 3.0.2');
      });
    },
    600_000,
  );

  it('is told by the exit code that a verify found a difference', async () => {
    await withFolder(async (folder) => {
      const duply = await Duply.make(folder, 'passphrase');
      await duply.source('a', 'first');
      await duply.ok('backup');
      await duply.source('a', 'second');
      const { status, stdout, stderr } = await duply.run('verify', '--compare-data');
      expect([status, stdout + stderr]).toEqual([1, expect.stringContaining("FAILED 'code 1'")]);
    });
  });
});

class Duply {
  readonly sourceFolder: string;
  readonly target: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.sourceFolder = join(folder, 'source');
    this.target = join(folder, 'target');
    this.#env = env;
  }

  static async make(folder: string, kind: (typeof profiles)[number]): Promise<Duply> {
    await built();
    const programs = join(folder, 'bin');
    const profile = join(folder, 'home/.duply/mine');
    const gnupg = join(folder, 'gnupg');
    await mkdir(programs);
    await mkdir(profile, { recursive: true, mode: 0o700 });
    await mkdir(gnupg, { mode: 0o700 });
    await mkdir(join(folder, 'tmp'));
    await symlink(duplifsScript, join(programs, 'duplicity'));
    const env = {
      HOME: join(folder, 'home'),
      GNUPGHOME: gnupg,
      TMPDIR: join(folder, 'tmp'),
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    };
    const duply = new Duply(folder, env);
    const key = kind === 'key' ? await newKey(env) : undefined;
    const loopback = "GPG_OPTS='--pinentry-mode loopback'"; // duply tries gpg itself, with no terminal
    const protection = key === undefined ? [] : [`GPG_KEY='${key}'`, loopback];
    const lines = [
      ...protection,
      "GPG_PW='a $ecret'",
      `SOURCE='${duply.sourceFolder}'`,
      `TARGET='file://${duply.target}'`,
      'MAX_AGE=1Y',
      'MAX_FULL_BACKUPS=3',
      'MAX_FULLS_WITH_INCRS=2',
      'MAX_FULLBKP_AGE=1M',
      'DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than $MAX_FULLBKP_AGE "',
      'VOLSIZE=5',
      'DUPL_PARAMS="$DUPL_PARAMS --volsize $VOLSIZE "',
    ];
    await writeFile(join(profile, 'conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
    await writeFile(join(profile, 'exclude'), `- ${duply.sourceFolder}/left-out\n`);
    await writeFile(join(profile, 'pre'), 'echo before\n');
    return duply;
  }

  async source(name: string, content: string): Promise<void> {
    const path = join(this.sourceFolder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await rm(path, { force: true });
    await writeFile(path, content);
  }

  async run(...words: string[]): Promise<Finished> {
    return run('duply', ['mine', ...words], { env: this.#env, timeoutMs: 300_000 });
  }

  async ok(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    expect([status, words.join(' '), stdout + stderr]).toEqual([
      0,
      words.join(' '),
      stdout + stderr,
    ]);
    return stdout + stderr;
  }
}

/** The id of a new key with the profile's passphrase. */
async function newKey(env: Readonly<Record<string, string>>): Promise<string> {
  const generate = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', 'a $ecret'];
  const kind = ['--quick-generate-key', 'Me <me@example.org>', 'default', 'default', 'never'];
  await runOk('gpg', [...generate, ...kind], { env });
  const listed = await runOk('gpg', ['--batch', '--with-colons', '--list-keys'], { env });
  return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1]?.slice(-8) ?? '';
}
