/** The lines of docs/fstab-systemd.md, as they stand there, by the programs that read them; another URL and folder put in. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Automount } from '../support/automount.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { duplifs, root, run, runOk } from '../support/run.js';

const isCi = process.env['CI'] === 'true';
const generator = '/lib/systemd/system-generators/systemd-fstab-generator';
const fourDaysAgo = Math.floor(Date.now() / 1000) - 4 * 86_400;

/** What stands below a comment with a path, by that path. */
async function filesOf(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'docs/fstab-systemd.md'), 'utf8');
  const found = text.matchAll(/^ {4}# (\/etc\/[\w/.-]+).*\n((?: {4}.*\n|\n(?= {4}\[))+)/gm);
  return new Map(
    [...found].map(([, path = '', lines = '']) => [path, lines.replaceAll(/^ {4}/gm, '')]),
  );
}

async function lineOf(pattern: RegExp): Promise<string> {
  const text = await readFile(join(root, 'docs/fstab-systemd.md'), 'utf8');
  const line = text.split('\n').find((each) => pattern.test(each));
  if (line === undefined) throw new Error(`The document has no line ${pattern}`);
  return line.trim();
}

describe.runIf(isCi || (await isThere('systemd-analyze')))(
  'docs/fstab-systemd.md for systemd',
  () => {
    it('has units that pass systemd-analyze verify', async () => {
      await withFolder(async (folder) => {
        const units = [...(await filesOf())].filter(([path]) => path.startsWith('/etc/systemd/'));
        const paths = units.map(([path]) => join(folder, basename(path)));
        expect(units.map(([path]) => basename(path)).toSorted()).toEqual([
          'mnt-backup.automount',
          'mnt-backup.mount',
        ]);
        for (const [i, [, text]] of units.entries()) await writeFile(paths[i] ?? '', text);
        const { status, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...paths]);
        expect([status, stderr]).toEqual([0, '']);
      });
    });

    it('has a line for fstab that systemd makes the same units of', async () => {
      await withFolder(async (folder) => {
        await writeFile(join(folder, 'fstab'), `${await lineOf(/x-systemd\.automount,/)}\n`);
        const made = join(folder, 'units');
        await mkdir(made);
        const env = { SYSTEMD_FSTAB: join(folder, 'fstab'), SYSTEMD_LOG_TARGET: 'console' };
        const { status, stderr } = await run(generator, [made, made, made], { env });
        expect([status, stderr]).toEqual([0, '']);
        const unit = (name: string) => readFile(join(made, name), 'utf8');
        const mount = await unit('mnt-backup.mount');
        for (const line of [
          'What=sftp://backup@example.org/laptop',
          'Where=/mnt/backup',
          'Type=duplifs',
          'TimeoutSec=1min',
        ]) {
          expect(mount.split('\n')).toContain(line);
        }
        expect(await unit('mnt-backup.automount')).toContain('TimeoutIdleSec=10min');
      });
    });
  },
);

describe.runIf(isCi || (canMount && (await isThere('automount'))))(
  'docs/fstab-systemd.md for mount(8) and automount(8)',
  () => {
    it('has lines that mount', { timeout: 300_000 }, async () => {
      await withFolder(async (folder) => {
        const source = join(folder, 'source');
        const url = `file://${join(folder, 'target')}`;
        await mkdir(source);
        await writeFile(join(source, 'letter'), 'hello');
        const env = { PASSPHRASE: 'correct horse battery staple' };
        const time = ['--current-time', String(fourDaysAgo)];
        const made = await duplifs(['full', ...time, source, url], { env });
        expect(made.status, made.stderr).toBe(0);

        const put = (text: string): string =>
          text
            .replaceAll('sftp://backup@example.org/laptop', url)
            .replaceAll('sftp\\://backup@example.org/laptop', url.replace(':', '\\:'))
            .replaceAll(/\/etc\/auto|\/mnt\/backup|\/backups|\/etc\/duplifs/g, `${folder}$&`)
            .replaceAll('allow_other,', `allow_other,archive-dir=${join(folder, 'archive')},`);
        for (const place of ['etc/duplifs', 'mnt/backup', 'backups', 'by-hand']) {
          await mkdir(join(folder, place), { recursive: true });
        }
        const files = await filesOf();
        for (const path of ['/etc/auto.backup', '/etc/auto.backups', '/etc/duplifs/laptop.env']) {
          const text = files.get(path);
          if (text === undefined) throw new Error(`The document has no ${path}`);
          await writeFile(join(folder, path), put(text), { mode: 0o600 });
        }
        const master = put(files.get('/etc/auto.master.d/backup.autofs') ?? '').trim();
        const automount = await Automount.start(folder, master.split('\n'));
        try {
          const read = async (path: string) =>
            (await automount.run('cat', [join(folder, path)])).stdout;
          expect(await read('mnt/backup/latest/letter'), automount.log).toBe('hello');
          expect(await read('backups/laptop/latest/letter'), automount.log).toBe('hello');

          const [, ...words] = put(await lineOf(/^ {4}mount -t duplifs/)).split(/ +/);
          const byHand = words.map((word) =>
            word === join(folder, 'mnt/backup')
              ? join(folder, 'by-hand')
              : word.replace(/key-file=(.*)key\.asc/, 'env-file=$1laptop.env'),
          );
          const mounted = await automount.run('mount', byHand);
          expect(mounted.status, mounted.stderr).toBe(0);
          expect(await read('by-hand/letter')).toBe('hello');
        } finally {
          await automount.stop();
        }
      });
    });
  },
);

async function isThere(program: string): Promise<boolean> {
  return await runOk(program, ['--version']).then(
    () => true,
    () => false,
  );
}
