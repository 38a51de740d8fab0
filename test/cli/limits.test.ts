/** What is stored cannot take the memory, the disk or the time of whoever reads it. Each in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import {
  addPassphraseSlots,
  crumbs,
  nameMoreVolumes,
  writeEmptyIncrementals,
  writeEmptyVolumes,
  writeIndexedSet,
} from '../support/hostile-sets.js';
import { measuredDuplifs } from '../support/peak-memory.js';
import type { Measured } from '../support/peak-memory.js';
import { built, duplifsScript, isTraceback, testEnvironment } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
/** Of all that there is with Node.js itself. */
const memoryLimit = 300 << 20;
/** Ten times what it takes where nothing else runs. */
const timeoutMs = 45_000;

beforeAll(built);

interface Place {
  readonly home: string;
  readonly target: string;
}

function place(): Place {
  const home = newFolder();
  return { home, target: join(home, 'target') };
}

function plainSet({ target }: Place): void {
  writeSet(target, { times: timesOf(0), volumes: [[folder(''), file('a', 'well')]] });
}

/** Runs duplifs on the target; fails when it does not end, takes too much memory, or shows a bug. */
async function bounded(
  { home, target }: Place,
  [command = '', ...more]: readonly string[],
  env: Record<string, string> = {},
): Promise<Measured> {
  const args = [command, '--archive-dir', join(home, 'archive'), `file://${target}`, ...more];
  const measured = await measuredDuplifs(args, join(home, 'peak'), { env, timeoutMs });
  expect(isTraceback(measured.stderr)).toBe(false);
  expect(measured.status).not.toBeNull();
  expect(measured.peakBytes).toBeLessThan(memoryLimit);
  return measured;
}

const sizeOf = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

describe('an index', () => {
  it('of runs of empty pieces is refused, and the disk stays free', async () => {
    const where = place();
    const runs = Array.from({ length: 40 }, () => ({
      volume: 1,
      offset: 512,
      length: 0,
      count: 2 ** 24,
      stride: 512,
    }));
    writeIndexedSet(where.target, 0, runs);
    const { stdout, stderr } = await bounded(where, ['ls']);
    expect(stderr).toContain('holds an empty piece');
    expect(stdout).toContain('good');
    expect(stdout).not.toContain('bomb');
    expect(sizeOf(join(where.home, 'archive'))).toBeLessThan(2 << 20);
  });

  it('of a file of millions of one-byte pieces lists it in little room, and does not restore it', async () => {
    const where = place();
    const count = 2 ** 24;
    const runs = Array.from({ length: 40 }, (_, n) => ({
      volume: 1,
      offset: 512 + n * count * 1024,
      length: 1,
      count,
      stride: 1024,
    }));
    writeIndexedSet(where.target, 40 * count, runs);
    const out = join(where.home, 'out');
    const { status, stderr } = await bounded(where, ['restore', out]);
    expect(status).toBe(1);
    expect(stderr).toContain('"bomb" is cut into absurdly small parts');
    expect(sizeOf(join(where.home, 'archive'))).toBeLessThan(2 << 20);
  });
});

describe('deltas', () => {
  it('of millions of one-byte copies are refused by name in little memory', async () => {
    const where = place();
    const names = Array.from({ length: 4 }, (_, n) => `f${n}`);
    const basis = Buffer.alloc(1000, 'b');
    writeSet(where.target, {
      times: timesOf(0),
      volumes: [[folder(''), ...names.map((name) => file(name, basis))]],
    });
    const delta = crumbs(4_000_000);
    writeSet(where.target, {
      times: timesOf(1),
      volumes: [[folder(''), ...names.map((name) => file(name, delta, { kind: 'diff' }))]],
    });
    const { status, stderr } = await bounded(where, ['restore', join(where.home, 'out')]);
    expect(status).toBe(1);
    for (const name of names) expect(stderr).toContain(`"${name}" is cut into absurdly small`);
  });
});

describe('a manifest', () => {
  it('with a thousand passphrase slots is refused at once', async () => {
    const where = place();
    const source = join(where.home, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'a'), 'secret');
    const env = { PASSPHRASE: 'a passphrase' };
    const args = ['full', '--archive-dir', join(where.home, 'own'), source];
    const url = `file://${where.target}`;
    const note = join(where.home, 'peak');
    expect((await measuredDuplifs([...args, url], note, { env })).status).toBe(0);
    addPassphraseSlots(where.target, 1000);
    const { status, stderr } = await bounded(where, ['restore', join(where.home, 'out')], env);
    expect(status).not.toBe(0);
    expect(stderr).toContain('it is for more than 8 passphrases');
  });

  it('of hundreds of thousands of volumes that are not there is refused in little memory', async () => {
    const where = place();
    plainSet(where);
    nameMoreVolumes(where.target, 300_000);
    const { status, stderr } = await bounded(where, ['restore', join(where.home, 'out')]);
    expect(status).not.toBe(0);
    expect(stderr).toContain('volumes that it may');
  });

  it('without a byte is as good as none, and the set before it is listed', async () => {
    const where = place();
    plainSet(where);
    writeEmptyIncrementals(where.target, 1);
    const { status, stderr } = await bounded(where, ['ls']);
    expect(status).toBe(1);
    expect(stderr).toContain('its manifest is missing');
  });
});

describe('a folder three thousand deep', () => {
  it('is listed, whether its folders have entries or not', async () => {
    const path = (depth: number): string => Array.from({ length: depth }, () => 'a').join('/');
    const deep = file(`${path(3000)}/f`, 'deep');
    const folders = Array.from({ length: 3000 }, (_, n) => folder(path(n + 1)));
    for (const entries of [
      [folder(''), deep],
      [folder(''), ...folders, deep],
    ]) {
      const where = place();
      writeSet(where.target, { times: timesOf(0), volumes: [entries] });
      const { status, stdout } = await bounded(where, ['ls']);
      expect(status).toBe(0);
      expect(stdout).toContain('a/a/f');
    }
  });
});

describe('SIGTERM', () => {
  it.each([
    [
      'a chain of empty sets',
      (target: string) => {
        writeEmptyIncrementals(target, 3000);
      },
      'status',
    ],
    [
      'very many volumes',
      (target: string) => {
        writeEmptyVolumes(target, 20_000);
      },
      'verify',
    ],
  ] as const)('ends a command on %s within a second or so', async (_, fill, command) => {
    const where = place();
    plainSet(where);
    fill(where.target);
    const child = spawn(
      process.execPath,
      [
        duplifsScript,
        command,
        '--archive-dir',
        join(where.home, 'archive'),
        `file://${where.target}`,
      ],
      { env: testEnvironment(), stdio: 'ignore' },
    );
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const began = performance.now();
    child.kill('SIGTERM');
    await exited;
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
