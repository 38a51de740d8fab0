/** `duplifs init`: questions on a terminal, options without one. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, duplifsScript, root, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { hasGpg } from '../openpgp/gpg-home.js';
import { machines } from '../support/machine.js';
import { Machine } from './machine.js';

const newFolder = temporaryFolders();
const newMachine = machines();

beforeAll(built);

describe('duplifs init', () => {
  it('without a terminal says which options replace the questions', async () => {
    const machine = await Machine.in(newFolder(), '');
    const { status, stderr } = await machine.duplifs('init', '--url', 'file:///x');
    expect([status, stderr]).toEqual([
      2,
      'duplifs: There is no terminal to ask on\n  Give a name; --source FOLDER; --encrypt-key ID, --generate-key, --passphrase-file FILE or --no-encryption. Besides, if wanted: --exclude, --full-if-older-than, --keep, --every, --schedule, --backup, --kit\n',
    ]);
  });

  it(
    'asks, writes the profile and the passphrase for their owner alone, proves them, and makes the first backup',
    { timeout: 280_000 },
    async () => {
      const machine = await Machine.in(newFolder(), '');
      const questions = [
        ['What is it called', 'laptop\r'],
        ['Which folder', `${machine.source}\r`],
        ['Where does the backup go', `${machine.target}\r`],
        ['How is it encrypted', '\r'],
        ['Passphrase', 'four words of mine\r'],
        ['The same again', 'four words of mine\r'],
        ['How long', '6M\r'],
        ['When does it run', 'by hand\r'],
        ['first backup now', '\r'],
        ['kit for the safe', '\r'],
        ['New passphrase of the kit', 'of the kit\r'],
        ['The same again', 'of the kit\r'],
      ];
      const args = [join(root, 'test/support/answers.py'), JSON.stringify(questions)];
      const { status, stdout } = await run(
        'python3',
        [...args, process.execPath, duplifsScript, 'init'],
        { env: machine.env, cwd: machine.folder, timeoutMs: 270_000 },
      );
      expect(status, stdout).toBe(0);
      expect(stdout).toContain('A small backup was written, restored and removed');
      expect(stdout).toContain('The backup "laptop" succeeded');
      expect(stdout).not.toContain('four words of mine');
      expect(stdout).toContain('"laptop.kit" holds');
      const kit = [
        '--batch',
        '--passphrase',
        'of the kit',
        '-d',
        join(machine.folder, 'laptop.kit'),
      ];
      const listed = await run('sh', [
        '-c',
        'gpg --pinentry-mode loopback "$@" | tar t',
        'gpg',
        ...kit,
      ]);
      expect(listed.stdout).toContain('duplifs-kit/README.txt');
      const folder = join(machine.folder, 'config', 'duplifs');
      const profile = join(folder, 'laptop.toml');
      expect(parse(await readFile(profile, 'utf8'))).toEqual({
        source: machine.source,
        url: `file://${machine.target}`,
        'full-if-older-than': '1M',
        secrets: { PASSPHRASE: { file: join(folder, 'laptop.passphrase') } },
        retention: { 'remove-older-than': '6M' },
      });
      for (const path of [profile, join(folder, 'laptop.passphrase')]) {
        expect((await stat(path)).mode & 0o777, path).toBe(0o600);
      }
      // nothing of the trial is left
      const names = await readdir(machine.target);
      expect(names.filter((name) => name.includes('probe'))).toEqual([]);
      expect(names.filter((name) => name.endsWith('.manifest.gpg'))).toHaveLength(1);
    },
  );

  it.runIf(hasGpg)(
    'makes a key and a kit, by which a new machine restores and goes on',
    { timeout: 280_000 },
    async () => {
      const [first, second] = [newMachine(), newMachine()];
      await mkdir(first.at('source'));
      await writeFile(first.at('source', 'file'), 'content');
      const url = `file://${first.at('target')}`;
      const words = ['init', 'safe', '--source', first.at('source'), '--url', url];
      const kit = { env: { KIT_PASSPHRASE: 'of the kit' } };
      const made = await first.duplifs(
        [...words, '--generate-key', '--backup', '--kit', 'safe.kit'],
        kit,
      );
      expect(made, made.stderr).toMatchObject({ status: 0 });
      const [, key = ''] =
        /Made the key ([0-9A-F]{40}) in the GnuPG keyring/.exec(made.stderr) ?? [];
      expect(key).not.toBe('');
      const names = await readdir(first.at('target'));
      expect(names.filter((name) => name.endsWith('.manifest.gpg'))).toHaveLength(1);
      await second.run('cp', [first.at('safe.kit'), '.']);
      expect(await second.ok(['kit', 'open', 'safe.kit'], kit)).toContain('can be restored');
      await second.ok(['restore', 'safe', 'back']);
      expect(await readFile(second.at('back', 'file'), 'utf8')).toBe('content');
      await writeFile(first.at('source', 'more'), 'more');
      await second.ok(['run', 'safe']);
      // there is a passphrase already, which has to open the first key as well
      const again = await first.duplifs([...words, '--generate-key', '--force'], kit);
      expect(again.status, again.stderr).toBe(0);
      expect(again.stderr).not.toContain(key);
      await first.ok(['restore', 'safe', 'both']);
      expect((await readdir(first.at('both'))).sort()).toEqual(['file', 'more']);
    },
  );

  it('says that the storage does not work before anybody relies on it', async () => {
    const machine = await Machine.in(newFolder(), '');
    const place = join(machine.source, 'file', 'below');
    const { status, stderr } = await machine.duplifs(
      'init',
      'bad',
      '--source',
      machine.source,
      '--url',
      place,
      '--no-encryption',
    );
    expect(status).toBe(50);
    expect(stderr).toContain(
      'A small backup cannot be made with the profile "bad", which is written',
    );
    expect(existsSync(join(machine.folder, 'config', 'duplifs', 'bad.toml'))).toBe(true);
  });
});
