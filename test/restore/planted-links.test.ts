import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { file, folder, link, timesOf, writeSet } from '../support/craft.js';
import type { Crafted } from '../support/craft.js';
import { nobody, throughNobody } from '../support/other-user.js';
import { duplifs } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const isRoot = process.getuid?.() === 0;

const folders = ['a', 'b', 'c'];
const filesPerFolder = 120;

/** Puts a link to `victim` in place of each folder in turn, and the folder back, until it is killed. */
const planter = `
  const fs = require('node:fs');
  const [out, victim, ...names] = process.argv.slice(1);
  const attempt = (work) => { try { work(); } catch {} };
  console.log('ready');
  for (;;) {
    for (const name of names) {
      const at = out + '/' + name;
      attempt(() => fs.renameSync(at, at + '.away'));
      attempt(() => fs.symlinkSync(victim, at));
      for (let end = performance.now() + 1; performance.now() < end;);
      attempt(() => fs.unlinkSync(at));
      attempt(() => fs.renameSync(at + '.away', at));
      attempt(() => fs.rmdirSync(at + '.away'));
    }
  }`;

/** All that could show a change: what is in the folder, and when each was changed. */
function stateOf(victim: string): string[] {
  return [victim, ...readdirSync(victim).map((name) => join(victim, name))].map((path) => {
    const { uid, gid, mode, ino, ctimeNs } = lstatSync(path, { bigint: true });
    return [path, uid, gid, mode, ino, ctimeNs].join(' ');
  });
}

describe.runIf(isRoot)('restore --force into a folder of somebody who plants links', () => {
  it('writes, changes and removes nothing outside the target', async () => {
    const home = newFolder();
    const [target, out, victim] = ['target', 'out', 'victim'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    const numbers = Array.from({ length: filesPerFolder }, (_, n) => n);
    const entries: Crafted[] = [
      folder('', { uid: nobody, gid: nobody }),
      ...folders.flatMap((name) => [
        folder(name, { uid: nobody, gid: nobody, mode: 0o777 }),
        ...numbers.map((n) => {
          const path = `${name}/f${n}`;
          return n % 3 === 0
            ? link(path, 'planted')
            : file(path, 'planted', { uid: nobody, mode: 0o777 });
        }),
        folder(`${name}/z`, { uid: nobody, mode: 0o777 }),
      ]),
    ];
    writeSet(target, {
      times: timesOf(0),
      volumes: [[...entries].sort((a, b) => (a.path < b.path ? -1 : 1))],
    });
    chmodSync(home, 0o755);
    mkdirSync(out);
    mkdirSync(victim);
    mkdirSync(join(victim, 'z'));
    for (const n of numbers) writeFileSync(join(victim, `f${n}`), 'of the victim');
    const before = stateOf(victim);
    for (const name of folders) {
      mkdirSync(join(out, name));
      chownSync(join(out, name), nobody, nobody);
    }
    chownSync(out, nobody, nobody);
    const [program, ...words] = throughNobody;
    const attacker = spawn(
      program,
      [...words, process.execPath, '-e', planter, out, victim, ...folders],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(attacker.stdout, 'data');
      const args = ['restore', '--force', '--archive-dir', join(home, 'archive'), target, out];
      for (let round = 0; round < 4; round += 1) {
        const { status, stderr } = await duplifs(args);
        expect([0, 1]).toContain(status);
        expect(stderr).not.toContain('internal error');
        expect(stateOf(victim)).toEqual(before);
      }
    } finally {
      attacker.kill('SIGKILL');
    }
  }, 60_000);
});

describe('restore into a link', () => {
  const setUp = () => {
    const home = newFolder();
    writeSet(join(home, 'target'), {
      times: timesOf(0),
      volumes: [[folder('', { mtimeSeconds: 1_500_000_000 }), file('f', 'text')]],
    });
    mkdirSync(join(home, 'disk'));
    symlinkSync('disk', join(home, 'out'));
    const restore = async (...args: string[]): Promise<Finished> =>
      duplifs(['restore', '--archive-dir', join(home, 'archive'), ...args]);
    return { home, restore, out: join(home, 'out'), target: join(home, 'target') };
  };

  it('to a folder follows it, as duplicity does', async () => {
    const { home, restore, out, target } = setUp();
    expect((await restore(target, out)).status).toBe(0);
    expect((await restore(target, out)).status).toBe(11);
    expect((await restore('--force', target, `${out}/`)).status).toBe(0);
    expect(readlinkSync(out)).toBe('disk');
    expect(readFileSync(join(home, 'disk/f'), 'utf8')).toBe('text');
    expect(lstatSync(join(home, 'disk')).mtimeMs).toBe(1_500_000_000_000);
  });

  it('that leads nowhere is refused, and replaced under --force', async () => {
    const { home, restore, out, target } = setUp();
    rmSync(join(home, 'disk'), { recursive: true });
    expect((await restore(target, out)).status).toBe(11);
    expect(existsSync(join(home, 'disk'))).toBe(false);
    expect((await restore('--force', target, out)).status).toBe(0);
    expect(readFileSync(join(out, 'f'), 'utf8')).toBe('text');
    expect(existsSync(join(home, 'disk'))).toBe(false);
  });
});
