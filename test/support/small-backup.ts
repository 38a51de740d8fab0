/** A backup of a few files, made in a second, for tests of what a mount does with any. */
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duplifs, runOk } from './run.js';

export interface SmallBackup {
  readonly url: string;
  readonly source: string;
  /** Of its only set, in seconds since the epoch. */
  readonly time: number;
}

/** `file`, `folder/inner`, `folder/absolute` (a link to `file`), `link`, `away` (a link), `fifo`, backed up at 2026-03-04T05:06:07Z. */
export async function smallBackup(folder: string): Promise<SmallBackup> {
  const source = join(folder, 'small-source');
  const url = `file://${join(folder, 'small-target')}`;
  const time = Date.UTC(2026, 2, 4, 5, 6, 7) / 1000;
  await mkdir(join(source, 'folder'), { recursive: true });
  await writeFile(join(source, 'file'), 'content\n');
  await writeFile(join(source, 'folder', 'inner'), 'inner\n');
  await symlink('file', join(source, 'link'));
  await symlink(join(source, 'file'), join(source, 'folder', 'absolute'));
  await symlink('/nowhere/else', join(source, 'away'));
  await runOk('mkfifo', [join(source, 'fifo')]);
  await utimes(join(source, 'file'), time - 60, time - 60);
  const args = ['full', '--no-encryption', '--current-time', String(time), source, url];
  const made = await duplifs(args);
  if (made.status !== 0) throw new Error(made.stderr);
  return { url, source, time };
}
