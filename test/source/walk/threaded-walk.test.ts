import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { compilePlan } from '../../../src/source/selection/index.js';
import type { SelectionOption } from '../../../src/source/selection/index.js';
import { decodeItems, encodeItems } from '../../../src/source/walk/item-batch.js';
import { walkSource } from '../../../src/source/walk/index.js';
import type { WalkItem } from '../../../src/source/walk/index.js';
import type * as threadedWalk from '../../../src/source/walk/threaded-walk.js';
import { builtModule } from '../../support/compiled.js';
import { defined } from '../../../src/base/index.js';
import { temporaryFolders } from '../../support/temporary.js';

const { ThreadedWalk } = await builtModule<typeof threadedWalk>('src/source/walk/threaded-walk.ts');

const newFolder = temporaryFolders();
let source = '';
beforeEach(() => {
  source = newFolder();
});

interface Walked {
  readonly items: readonly WalkItem[];
  /** What was skipped, and what leads back. */
  readonly told: readonly string[];
}

const planOf = (options: readonly SelectionOption[], listed?: string) => {
  const filesFrom =
    listed === undefined ? undefined : { name: 'list', content: Buffer.from(listed) };
  return defined({ source, options, nullSeparator: false, filesFrom });
};

async function both(selection: ReturnType<typeof planOf>, copyLinks = false): Promise<Walked[]> {
  const walks = [];
  for (const isThreaded of [true, false]) {
    const items: WalkItem[] = [];
    const told: string[] = [];
    const onSkipped = (path: string) => told.push(`skipped ${path}`);
    const onLinkLoop = (path: string) => told.push(`loop ${path}`);
    if (isThreaded) {
      const walk = new ThreadedWalk({ selection, copyLinks }, { onSkipped, onLinkLoop });
      try {
        for await (const some of walk) items.push(...some);
      } finally {
        await walk.close();
      }
    } else {
      const options = { ...compilePlan(selection), copyLinks, onSkipped, onLinkLoop };
      for await (const some of walkSource(source, options)) items.push(...some);
    }
    walks.push({ items, told });
  }
  return walks;
}

describe('a walk in a thread of its own', () => {
  it('gives what the walk gives, of every kind, and tells the same', async () => {
    mkdirSync(join(source, 'folder/inner'), { recursive: true });
    writeFileSync(join(source, 'folder/file'), 'content');
    writeFileSync(Buffer.concat([Buffer.from(`${source}/a`), Buffer.of(0xff, 0x0a)]), '');
    for (let i = 0; i < 3000; i += 1)
      writeFileSync(join(source, 'folder/inner', `\u{ff5e}${i}`), '');
    symlinkSync('folder/file', join(source, 'link'));
    symlinkSync('..', join(source, 'folder/up'));
    execFileSync('mkfifo', [join(source, 'fifo')]);
    if (process.geteuid?.() === 0) {
      execFileSync('mknod', [join(source, 'device'), 'b', '259', '300000']);
    }
    const server = createServer().listen(join(source, 'socket'));
    await once(server, 'listening');
    try {
      const rule = { kind: 'exclude', pattern: '**/inner/*7' } as const;
      const selections = [planOf([]), planOf([rule]), planOf([], 'folder/file\nlink\nmissing\n')];
      for (const selection of selections) {
        for (const copyLinks of [false, true]) {
          const [threaded, plain] = await both(selection, copyLinks);
          expect(threaded).toEqual(plain);
          expect(plain?.items.length).toBeGreaterThan(2);
        }
      }
    } finally {
      server.close();
    }
  });

  it('fails as the walk does', async () => {
    source = join(source, 'missing');
    const walk = new ThreadedWalk({ selection: planOf([]), copyLinks: false });
    const error: unknown = await walk[Symbol.asyncIterator]()
      .next()
      .catch((thrown: unknown) => thrown);
    await walk.close();
    expect(error).toMatchObject({
      code: 'SOURCE',
      message: expect.stringContaining(source) as string,
    });
  });

  it('ends with its owner, whether it has begun or not, and sleeps when it is far ahead', async () => {
    for (let i = 0; i < 6000; i += 1) writeFileSync(join(source, `file ${i}`), '');
    await new ThreadedWalk({ selection: planOf([]), copyLinks: false }).close();
    const walk = new ThreadedWalk({ selection: planOf([]), copyLinks: false });
    const items = walk[Symbol.asyncIterator]();
    const first = await items.next();
    expect(first.done).toBe(false);
    await sleep(300); // it walks on until it is far enough ahead
    await walk.close();
    const left: WalkItem[] = [];
    await expect(
      (async () => {
        for await (const some of items) left.push(...some);
      })(),
    ).rejects.toThrow('has ended');
    expect(left.length).toBeLessThan(6000 - 512);
  });
});

describe('items on their way between threads', () => {
  const path = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '\udc80'));
  const number = fc.nat();
  const facts = {
    kind: fc.constant('entry' as const),
    path,
    mode: number,
    uid: number,
    gid: number,
    inode: fc.maxSafeNat(),
    size: fc.maxSafeNat(),
    ctimeMs: fc.double({ min: 0, max: 1e13, noNaN: true }),
    mtimeMs: fc.double({ min: -1e13, max: 1e13, noNaN: true }),
  };
  const item = fc
    .oneof(
      fc.record({
        ...facts,
        type: fc.constantFrom('reg' as const, 'dir' as const, 'fifo' as const),
      }),
      fc.record({ ...facts, type: fc.constant('sym' as const), linkTarget: path }),
      fc.record({
        ...facts,
        type: fc.constantFrom('chr' as const, 'blk' as const),
        device: fc.record({ major: number, minor: number }),
      }),
      fc.record({ kind: fc.constant('unreadable' as const), path, reason: fc.string() }),
    )
    .map((one): WalkItem =>
      one.kind === 'entry' ? { ...one, mtimeSeconds: Math.floor(one.mtimeMs / 1000) } : one,
    );

  it('are what they were', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
        expect(decodeItems(structuredClone(encodeItems(items)))).toEqual(items);
      }),
    );
  });
});
