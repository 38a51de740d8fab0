import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparePaths, decodeName, isDuplifsError } from '../../../src/base/index.js';
import { compileSelection, parseFilesFrom, Selector } from '../../../src/source/selection/index.js';
import type { EntryFacts, SelectionOption } from '../../../src/source/selection/index.js';
import { walkSource } from '../../../src/source/walk/index.js';
import type { WalkItem, WalkOptions } from '../../../src/source/walk/index.js';

let source = '';
beforeEach(() => {
  source = mkdtempSync(join(tmpdir(), 'duplifs-walk-'));
  chmodSync(source, 0o755);
});
afterEach(() => {
  rmSync(source, { recursive: true });
});

const inSource = (path: string) => join(source, path);
const at = (bytes: Buffer) => Buffer.concat([Buffer.from(`${source}/`), bytes]);

async function walk(
  options: Partial<WalkOptions> = {},
  rules: readonly SelectionOption[] = [],
): Promise<WalkItem[]> {
  const items: WalkItem[] = [];
  const selector = compileSelection(rules, { source });
  for await (const batch of walkSource(source, { selector, ...options })) items.push(...batch);
  return items;
}

const pathsOf = (items: readonly WalkItem[]) => items.map(({ path }) => path);

/** Does the work as a user who may not read everything. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('the walk over the source', () => {
  it('goes in the order of the format: names as bytes, a folder before its content', async () => {
    mkdirSync(inSource('a'));
    for (const name of ['a/x', 'a!', 'a-b', 'a.b', 'a0', 'ab', 'B', '\u{ff5e}', '\u{1f600}']) {
      writeFileSync(inSource(name), '');
    }
    writeFileSync(at(Buffer.from([0x61, 0xff])), '');
    writeFileSync(at(Buffer.from([0x61, 0x80])), '');
    expect(pathsOf(await walk())).toEqual([
      ...['', 'B', 'a', 'a/x', 'a!', 'a-b', 'a.b', 'a0', 'ab', 'a\udc80', 'a\udcff'],
      ...['\u{ff5e}', '\u{1f600}'],
    ]);
  });

  it('finds every name, whatever its bytes, once and in order', async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 47 ? 120 : byte))))
      .filter((bytes) => !['.', '..'].includes(String(bytes)));
    const names = fc.sample(name, 300);
    const expected = new Set<string>();
    for (const [i, bytes] of names.entries()) {
      const folder = i % 3 === 0 ? Buffer.from('sub') : Buffer.from('.');
      mkdirSync(at(folder), { recursive: true });
      writeFileSync(at(Buffer.concat([folder, Buffer.from('/'), bytes])), '');
      expected.add(i % 3 === 0 ? `sub/${decodeName(bytes)}` : decodeName(bytes));
    }
    const paths = pathsOf(await walk());
    expect(paths).toEqual(['', 'sub', ...expected].sort(comparePaths));
  });

  it('tells of each entry what lstat says', async () => {
    writeFileSync(inSource('file'), 'abc', { mode: 0o600 });
    chmodSync(inSource('file'), 0o4751);
    utimesSync(inSource('file'), new Date(-1500), new Date(-1500));
    mkdirSync(inSource('folder'));
    execFileSync('mkfifo', [inSource('fifo')]);
    symlinkSync(Buffer.from([0x74, 0xff]), inSource('link'));
    const entries = new Map((await walk()).map((item) => [item.path, item]));
    const stats = lstatSync(inSource('file'));
    expect(entries.get('file')).toEqual({
      kind: 'entry',
      path: 'file',
      type: 'reg',
      mode: 0o4751,
      uid: stats.uid,
      gid: stats.gid,
      size: 3,
      mtimeSeconds: -2,
      mtimeMs: stats.mtimeMs,
      ctimeMs: stats.ctimeMs,
      inode: stats.ino,
    });
    expect(entries.get('')).toMatchObject({ type: 'dir', mode: 0o755 });
    expect(entries.get('folder')).toMatchObject({ type: 'dir' });
    expect(entries.get('fifo')).toMatchObject({ type: 'fifo' });
    expect(entries.get('link')).toMatchObject({ type: 'sym', linkTarget: 't\udcff' });
  });

  it.runIf(process.geteuid?.() === 0)('tells the numbers of devices, large ones too', async () => {
    execFileSync('mknod', [inSource('chr'), 'c', '1', '3']);
    execFileSync('mknod', [inSource('blk'), 'b', '259', '300000']);
    const items = await walk();
    expect(items).toContainEqual(
      expect.objectContaining({ path: 'chr', type: 'chr', device: { major: 1, minor: 3 } }),
    );
    expect(items).toContainEqual(
      expect.objectContaining({ path: 'blk', type: 'blk', device: { major: 259, minor: 300000 } }),
    );
    const rule = { kind: 'exclude-device-files' } as const;
    expect(pathsOf(await walk({}, [rule]))).toEqual(['']);
  });

  it('leaves out sockets and says so', async () => {
    const server = createServer().listen(inSource('socket'));
    await once(server, 'listening');
    const skipped: string[] = [];
    const items = await walk({ onSkipped: (path) => skipped.push(path) });
    server.close();
    expect(pathsOf(items)).toEqual(['']);
    expect(skipped).toEqual(['socket']);
  });

  it('hands out large folders in many batches, in order', async () => {
    const names = Array.from({ length: 1200 }, (_, i) => String(i));
    for (const name of names) writeFileSync(inSource(name), '');
    const batches: number[] = [];
    const paths: string[] = [];
    const selector = compileSelection([], { source });
    for await (const batch of walkSource(source, { selector })) {
      batches.push(batch.length);
      paths.push(...pathsOf(batch));
    }
    expect(paths).toEqual(['', ...names.sort()]);
    expect(Math.max(...batches)).toBeLessThanOrEqual(600);
  });

  it('reports what lies deeper than a path can name', async () => {
    const deep = Array.from({ length: 30 }, () => 'd'.repeat(100)).join('/');
    mkdirSync(inSource(`a/${deep}`), { recursive: true });
    mkdirSync(inSource(`b/${deep}`), { recursive: true });
    renameSync(inSource('b'), inSource(`a/${deep}/b`));
    const items = await walk();
    execFileSync('rm', ['-rf', inSource('a')]);
    expect(items.length).toBeGreaterThan(35);
    expect(items.slice(0, -1).every(({ kind }) => kind === 'entry')).toBe(true);
    expect(items.at(-1)).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringMatching(/too long/) as string,
    });
  });

  it('ends with an error when it is cancelled', async () => {
    await expect(walk({ signal: AbortSignal.abort() })).rejects.toSatisfy((error) =>
      isDuplifsError(error, 'ABORTED'),
    );
  });
});

describe('what cannot be read', () => {
  it('is told apart from what is gone, and hides what is below it', async () => {
    mkdirSync(inSource('closed'));
    writeFileSync(inSource('closed/file'), '');
    mkdirSync(inSource('listed'));
    writeFileSync(inSource('listed/file'), '');
    writeFileSync(inSource('open'), '');
    chmodSync(inSource('closed'), 0o000);
    chmodSync(inSource('listed'), 0o444); // names can be read, but nothing about them
    const items = await asOrdinaryUser(() => walk());
    chmodSync(inSource('closed'), 0o755);
    expect(items.map(({ kind, path }) => [kind, path])).toEqual([
      ['entry', ''],
      ['unreadable', 'closed'],
      ['entry', 'listed'],
      ['unreadable', 'listed/file'],
      ['entry', 'open'],
    ]);
    expect(items[1]).toMatchObject({ reason: /permission denied/ });
  });

  it('is not told of when it is excluded', async () => {
    mkdirSync(inSource('closed'));
    mkdirSync(inSource('listed'));
    writeFileSync(inSource('listed/file'), '');
    chmodSync(inSource('closed'), 0o000);
    chmodSync(inSource('listed'), 0o444);
    const items = await asOrdinaryUser(() =>
      walk({}, [
        { kind: 'exclude', pattern: '**closed' },
        { kind: 'exclude', pattern: '**/file' },
      ]),
    );
    chmodSync(inSource('closed'), 0o755);
    expect(pathsOf(items)).toEqual(['', 'listed']);
  });

  it('brings the folders above it, even if they are only looked into', async () => {
    mkdirSync(inSource('a/b/closed'), { recursive: true });
    chmodSync(inSource('a/b/closed'), 0o000);
    const items = await asOrdinaryUser(() =>
      walk({}, [
        { kind: 'include', pattern: `${source}/a/b/closed/file` },
        { kind: 'exclude', pattern: '**' },
      ]),
    );
    chmodSync(inSource('a/b/closed'), 0o755);
    expect(pathsOf(items)).toEqual(['', 'a', 'a/b', 'a/b/closed']);
  });

  it('is an error when it is the source itself', async () => {
    const sourceError = (error: unknown) => isDuplifsError(error, 'SOURCE');
    chmodSync(source, 0o000);
    await expect(asOrdinaryUser(() => walk())).rejects.toSatisfy(sourceError);
    chmodSync(source, 0o755);
    const selector = compileSelection([], { source: '/nonexistent' });
    const missing = walkSource('/nonexistent', { selector });
    await expect(missing.next()).rejects.toSatisfy(sourceError);
  });

  it('and what vanishes during the walk is left out without a word', async () => {
    mkdirSync(inSource('folder'));
    symlinkSync('x', inSource('link'));
    class Remover extends Selector {
      override verdict(facts: EntryFacts) {
        if (facts.path !== '') rmSync(inSource(facts.path), { recursive: true });
        return 'include' as const;
      }
    }
    const items = await walk({ selector: new Remover(source, [], []) });
    expect(pathsOf(items)).toEqual(['']);
  });
});

describe('a source that is a link', () => {
  it('is refused by an error that names its target', async () => {
    symlinkSync('.', inSource('link'));
    const selector = compileSelection([], { source });
    await expect(walkSource(inSource('link'), { selector }).next()).rejects.toMatchObject({
      code: 'SOURCE',
      message: `The source "${inSource('link')}" is a symbolic link to "."`,
      hint: expect.stringContaining('--copy-links') as string,
    });
  });

  it('is followed where links are copied', async () => {
    mkdirSync(inSource('folder'));
    writeFileSync(inSource('folder/file'), '');
    symlinkSync('folder', inSource('link'));
    const selector = compileSelection([], { source });
    const walked = walkSource(inSource('link'), { selector, copyLinks: true });
    const { value } = await walked.next();
    expect(pathsOf(value ?? [])).toEqual(['', 'file']);
  });
});

describe('with links copied, the walk', () => {
  it('takes what they point to, and leaves out those that point nowhere', async () => {
    mkdirSync(inSource('folder'));
    writeFileSync(inSource('folder/file'), 'abc');
    symlinkSync('folder', inSource('to-folder'));
    symlinkSync('folder/file', inSource('to-file'));
    symlinkSync('nowhere', inSource('dangling'));
    const items = await walk({ copyLinks: true });
    expect(items.map((item) => [item.path, item.kind === 'entry' ? item.type : ''])).toEqual([
      ['', 'dir'],
      ['folder', 'dir'],
      ['folder/file', 'reg'],
      ['to-file', 'reg'],
      ['to-folder', 'dir'],
      ['to-folder/file', 'reg'],
    ]);
  });

  it('keeps links that lead back as links, and says so', async () => {
    mkdirSync(inSource('a/b'), { recursive: true });
    symlinkSync('..', inSource('a/b/up'));
    symlinkSync('../..', inSource('a/b/top'));
    symlinkSync('self', inSource('self'));
    const loops: string[] = [];
    const items = await walk({ copyLinks: true, onLinkLoop: (path) => loops.push(path) });
    expect(pathsOf(items)).toEqual(['', 'a', 'a/b', 'a/b/top', 'a/b/up', 'self']);
    expect(items.slice(3)).toMatchObject([
      { type: 'sym', linkTarget: '../..' },
      { type: 'sym', linkTarget: '..' },
      { type: 'sym', linkTarget: 'self' },
    ]);
    expect(loops).toEqual(['a/b/top', 'a/b/up', 'self']);
  });
});

describe('the selection', () => {
  const [root, other] = ['/dev', '/dev/shm'];
  const isOther =
    process.env['CI'] === 'true' ||
    (existsSync(other) && statSync(root).dev !== statSync(other).dev);
  it.runIf(isOther)('keeps off other file systems, mount points included', async () => {
    const rule = { kind: 'exclude-other-filesystems' } as const;
    const selector = compileSelection([rule], { source: root });
    const paths: string[] = [];
    for await (const batch of walkSource(root, { selector })) paths.push(...pathsOf(batch));
    expect(paths).toContain('null');
    expect(paths).not.toContain('shm');
  });

  it('of listed files only does not list folders', async () => {
    mkdirSync(inSource('d/e'), { recursive: true });
    for (const path of ['a', 'd/f', 'd/e/g', 'd/e/h']) writeFileSync(inSource(path), '');
    const list = Buffer.from('d/e/h\0missing/x\0d/f\0a/b\0');
    const filesFrom = parseFilesFrom(list, { name: 'list', nullSeparator: true });
    expect(pathsOf(await walk({ filesFrom }))).toEqual(['', 'a', 'd', 'd/e', 'd/e/h', 'd/f']);
  });
});

describe('a list of files', () => {
  it.each([
    ['', 73],
    ['\n\n', 73],
    ['a\n/etc', 72],
    ['a/../../etc', 14],
  ])('%j is refused with status %i', (content, exitCode) => {
    expect(() => parseFilesFrom(Buffer.from(content), { name: 'list' })).toThrow(
      expect.toSatisfy((error) => isDuplifsError(error) && error.exitCode === exitCode),
    );
  });
});
