/** Random trees that change at random: every backup of them is restored by both, at each of its times. */
import { randomInt } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { differences } from './chains.js';
import { withFolder } from './folders.js';
import { noise } from './noise.js';
import { duplifs, root, runOk } from './run.js';
import type { Finished } from './run.js';

const names = ['a', 'a b', 'a-b', 'a.b', 'é', 'n\nl', '-x', '\\', 'c'.repeat(120)].map((name) =>
  Buffer.from(name),
);
names.push(Buffer.from([0x66, 0xff, 0xe9]));

const path = fc
  .array(fc.nat(names.length - 1), { minLength: 1, maxLength: 3 })
  .map((parts) => Buffer.from(parts.flatMap((i) => [0x2f, ...(names[i] ?? [])])));

const size = fc.oneof(
  fc.constantFrom(0, 1, 511, 512, 2047, 2048, 2049, 65_535, 65_536, 65_537, 131_072),
  fc.nat(5000),
  fc.integer({ min: 100_000, max: 1_500_000 }),
);
const seed = fc.nat(1000);
const place = fc.double({ min: 0, max: 1, noNaN: true });

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), path, size, seed }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      path,
      size: fc.nat(80_000),
      seed,
      place,
      how: fc.constantFrom('insert', 'overwrite', 'cut', 'append', 'truncate'),
      keepsTime: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('folder' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('link' as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), path, to: path }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('mode' as const), path, mode: fc.nat(0o7777) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('owner' as const), path, id: fc.nat(70_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('time' as const), path, time: fc.nat(2 ** 31) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const story = fc.record({
  generations: fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), {
    minLength: 2,
    maxLength: 4,
  }),
  first: fc.array(step, { minLength: 10, maxLength: 40 }),
  options: fc.constantFrom<readonly string[]>(
    ['--no-encryption'],
    ['--no-encryption', '--no-compression'],
    [],
  ),
  maxBlockSize: fc.constantFrom(512, 2048, 5000, 65_536),
  /** Whether each run begins with an empty archive dir. */
  forgets: fc.boolean(),
  writesIndex: fc.boolean(),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

const firstSeconds = 1_700_000_000;
const daySeconds = 86_400;

/** Plays `count` random stories; the seed of one that fails is in the message. */
export async function playStories(count: number): Promise<void> {
  const start = Number(process.env['DUPLIFS_STORY_SEED'] ?? randomInt(2 ** 30));
  for (let i = 0; i < count; i += 1) {
    const [told] = fc.sample(story, { numRuns: 1, seed: start + i });
    if (told === undefined) throw new Error('no story');
    try {
      await withFolder((folder) => play(told, folder));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`DUPLIFS_STORY_SEED=${start + i}: ${text}`, { cause: error });
    }
  }
}

async function play(told: Story, folder: string): Promise<void> {
  const { options, maxBlockSize, forgets, writesIndex } = told;
  const source = join(folder, 'source');
  const url = `file://${join(folder, 'target')}`;
  const env = { PASSPHRASE: 'a pass phrase' };
  mkdirSync(source);
  const recordings: string[] = [];
  for (const [generation, steps] of [told.first, ...told.generations].entries()) {
    for (const one of steps) attempt(source, one);
    const time = String(firstSeconds + generation * daySeconds);
    const archive = join(folder, forgets ? `archive-${generation}` : 'archive');
    const args = ['backup', ...options, '--volsize', '1', '--archive-dir', archive];
    args.push('--current-time', time, '--max-blocksize', String(maxBlockSize));
    if (!writesIndex) args.push('--no-index');
    succeeded(await duplifs([...args, source, url], { env }));
    recordings.push(await record(source, join(folder, `${generation}.json`)));
  }
  const encryption = options.filter((option) => option !== '--no-compression');
  for (const [generation, recording] of recordings.entries()) {
    const at = ['--time', String(firstSeconds + generation * daySeconds)];
    const out = join(folder, 'out');
    succeeded(await duplifs(['restore', ...at, url, out], { env }));
    expect(['duplifs', generation, await differences(recording, out)]).toEqual([
      ...['duplifs', generation],
      [],
    ]);
    rmSync(out, { recursive: true });
    const theirs = ['restore', ...encryption, '--archive-dir', join(folder, 'theirs'), ...at];
    await runOk('duplicity', [...theirs, url, out], { env });
    expect(['duplicity', generation, await differences(recording, out)]).toEqual([
      ...['duplicity', generation],
      [],
    ]);
    rmSync(out, { recursive: true });
  }
}

function succeeded({ status, stderr }: Finished): void {
  expect([status, stderr]).toEqual([0, stderr]);
}

/** Describes a tree as make-chain does, for check-tree. */
async function record(folder: string, recording: string): Promise<string> {
  const script = `
import importlib.machinery, importlib.util, json, os, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("make_chain", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_chain", loader))
loader.exec_module(module)
json.dump(module.describe(os.fsencode(sys.argv[2])), open(sys.argv[3], "w"))
`;
  await runOk('python3', ['-c', script, join(root, 'test/tools/make-chain'), folder, recording]);
  return recording;
}

/** Does it if it can be done where the tree stands. */
function attempt(source: string, one: Step): void {
  const at = (relative: Buffer): Buffer => Buffer.concat([Buffer.from(source), relative]);
  const where = at(one.path);
  try {
    const found = lstatSync(where, { throwIfNoEntry: false });
    switch (one.do) {
      case 'write':
        if (found?.isDirectory() === true) rmSync(where, { recursive: true });
        else rmSync(where, { force: true });
        makeParent(where);
        writeFileSync(where, noise(one.size, one.seed));
        return;
      case 'edit': {
        if (found?.isFile() !== true) return;
        writeFileSync(where, edited(readFileSync(where), one));
        if (one.keepsTime) utimesSync(where, found.atime, found.mtime);
        return;
      }
      case 'remove':
        rmSync(where, { recursive: true, force: true });
        return;
      case 'folder':
        rmSync(where, { recursive: true, force: true });
        mkdirSync(where, { recursive: true });
        return;
      case 'link':
        rmSync(where, { recursive: true, force: true });
        makeParent(where);
        symlinkSync(one.to, where);
        return;
      case 'rename':
        renameSync(where, at(one.to));
        return;
      case 'mode':
        if (found?.isSymbolicLink() === false) chmodSync(where, one.mode);
        return;
      case 'owner':
        if (found?.isSymbolicLink() === false) chownSync(where, one.id, one.id);
        return;
      case 'time':
        lutimesSync(where, one.time, one.time);
    }
  } catch (error) {
    // what the file system does not allow is no step: a file where a folder would have to be, and the like
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

function makeParent(where: Buffer): void {
  mkdirSync(where.subarray(0, where.lastIndexOf(0x2f)), { recursive: true });
}

function edited(bytes: Buffer, one: Extract<Step, { do: 'edit' }>): Buffer {
  const from = Math.floor(bytes.length * one.place);
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
  const fresh = noise(one.size, one.seed);
  switch (one.how) {
    case 'insert':
      return Buffer.concat([before, fresh, after]);
    case 'overwrite':
      return Buffer.concat([before, fresh, after.subarray(one.size)]);
    case 'cut':
      return Buffer.concat([before, after.subarray(one.size)]);
    case 'append':
      return Buffer.concat([bytes, fresh]);
    default:
      return before;
  }
}
