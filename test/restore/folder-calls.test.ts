import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFolderCalls } from '../../src/restore/folder-calls.js';
import type { FolderCalls } from '../../src/restore/folder-calls.js';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import { duplifs } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const open: number[] = [];

function opened(path: string): number {
  const descriptor = openSync(path, constants.O_DIRECTORY);
  open.push(descriptor);
  return descriptor;
}

async function calls(): Promise<FolderCalls> {
  const loaded = await loadFolderCalls();
  if (loaded === undefined) throw new Error('restores are right without them, and slower');
  return loaded;
}

const named = (name: string): Buffer => Buffer.from(`${name}\0`, 'latin1');

describe.runIf(process.platform === 'linux')('calls relative to a folder', () => {
  afterEach(() => {
    for (const descriptor of open.splice(0)) closeSync(descriptor);
  });

  it('make a file for us alone, and never take one that is there', async () => {
    const { create } = await calls();
    const place = newFolder();
    const within = opened(place);
    const made = create(within, 'new') ?? -1;
    writeFileSync(made, 'content');
    closeSync(made);
    expect(readFileSync(join(place, 'new'), 'utf8')).toBe('content');
    expect(lstatSync(join(place, 'new')).mode & 0o7777).toBe(0o600);
    symlinkSync(join(place, 'elsewhere'), join(place, 'link'));
    for (const name of ['new', 'link', 'missing/new']) {
      expect([name, create(within, name)]).toEqual([name, undefined]);
    }
    expect(existsSync(join(place, 'elsewhere'))).toBe(false);
  });

  it('rename to a name that is free, whatever its bytes, and to no other', async () => {
    const { create, rename } = await calls();
    const place = newFolder();
    const within = opened(place);
    const another = (): void => {
      closeSync(create(within, 'temporary') ?? -1);
    };
    another();
    expect(rename(within, 'temporary', named('caf\xe9'))).toBe(true);
    expect(readdirSync(Buffer.from(place), 'buffer')).toEqual([Buffer.from('caf\xe9', 'latin1')]);
    writeFileSync(join(place, 'file'), 'stays');
    mkdirSync(join(place, 'folder'));
    symlinkSync('folder', join(place, 'link'));
    another();
    for (const taken of ['file', 'folder', 'link', 'caf\xe9', 'missing/name']) {
      expect([taken, rename(within, 'temporary', named(taken))]).toEqual([taken, false]);
    }
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('stays');
    expect(lstatSync(join(place, 'link')).isSymbolicLink()).toBe(true);
  });
});

describe('a restore of many files', () => {
  it('over what is there replaces files and links, and no folder that holds something', async () => {
    const home = newFolder();
    const [target, out] = [join(home, 'target'), join(home, 'out')];
    const names = Array.from({ length: 600 }, (_, n) => `f${String(n).padStart(3, '0')}`);
    const volume = [folder(''), ...names.map((name) => file(name, `content of ${name}`))];
    writeSet(target, { times: timesOf(0), volumes: [volume] });
    mkdirSync(out);
    writeFileSync(join(home, 'victim'), 'of somebody else');
    writeFileSync(join(out, 'f590'), 'older, and longer than what is restored');
    symlinkSync(join(home, 'victim'), join(out, 'f591'));
    mkdirSync(join(out, 'f592'));
    mkdirSync(join(out, 'f593/full'), { recursive: true });
    const args = ['restore', '--force', '--archive-dir', join(home, 'archive'), target, out];
    const { status, stderr } = await duplifs(args);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/"f593" was not restored: .*empty/),
    ]);
    expect(readdirSync(out).sort()).toEqual(names);
    for (const name of names.filter((one) => one !== 'f593')) {
      expect(readFileSync(join(out, name), 'utf8')).toBe(`content of ${name}`);
    }
    expect(lstatSync(join(out, 'f591')).isFile()).toBe(true);
    expect(readFileSync(join(home, 'victim'), 'utf8')).toBe('of somebody else');
    expect(readdirSync(join(out, 'f593'))).toEqual(['full']);
  });
});
