/** A storage shows whole files only, however a write ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readWhole } from '../../../src/storage/index.js';
import { compiledScript } from '../../support/compiled.js';
import { repeated, someBytes } from '../bytes.js';
import { fewTries } from './subject.js';
import type { Target, Tested } from './subject.js';

export function describeWholeFiles({ open, subject }: Tested): void {
  it('replaces a file', async () => {
    const storage = await open(subject().target('replace'));
    await storage.write('file', someBytes(200_000), {});
    await storage.write('file', Buffer.from('new'), {});
    expect((await readWhole(storage, 'file', { maxBytes: 10 })).toString()).toBe('new');
    expect(await storage.list()).toHaveLength(1);
  });

  it('shows a file only when it is whole, and the one before until then', async () => {
    const storage = await open(subject().target('atomic'));
    await storage.write('old', Buffer.from('before'), {});
    for (const name of ['new', 'old']) {
      let halfWay: () => void = () => undefined;
      let goOn: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (halfWay = resolve));
      const resumed = new Promise<void>((resolve) => (goOn = resolve));
      async function* body(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 20; i += 1) yield someBytes(65_536);
        halfWay();
        await resumed;
        yield Buffer.from('end');
      }
      const writing = storage.write(name, body(), { size: 20 * 65_536 + 3 });
      await reached;
      await sleep(100);
      const names = (await storage.list()).map((object) => object.name);
      if (name === 'new') {
        expect(names).toEqual(['old']);
        expect(await storage.stat('new')).toBeUndefined();
      } else {
        expect((await readWhole(storage, 'old', { maxBytes: 10 })).toString()).toBe('before');
      }
      goOn();
      await writing;
      expect(await storage.stat(name)).toMatchObject({ size: 20 * 65_536 + 3 });
    }
  });

  it('leaves nothing of a write that failed or had the wrong size', async () => {
    const storage = await open(subject().target('failed'), fewTries);
    await storage.write('old', Buffer.from('before'), {});
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield* repeated(someBytes(65_536), 10);
      throw new Error('The source broke');
    }
    for (const name of ['new', 'old']) {
      await expect(storage.write(name, breaking(), {})).rejects.toThrow('The source broke');
      const short = repeated(someBytes(1000), 10);
      await expect(storage.write(name, short, { size: 10_001 })).rejects.toThrow('10000');
      const long = repeated(someBytes(1000), 10);
      await expect(storage.write(name, long, { size: 9999 })).rejects.toThrow('9999');
    }
    expect((await storage.list()).map(({ name }) => name)).toEqual(['old']);
    expect((await readWhole(storage, 'old', { maxBytes: 10 })).toString()).toBe('before');
  });

  it('leaves nothing under the final name when the writer is killed', async () => {
    const target = subject().target('killed');
    await killedWriter(target);
    const storage = await open(target);
    expect(await storage.stat('victim')).toBeUndefined();
    await storage.write('next', Buffer.from('x'), {});
    expect((await storage.list()).map(({ name }) => name)).toEqual(['next']);
  });
}

/** Begins to write "victim" in a process of its own, and kills that in the middle. */
async function killedWriter(target: Target): Promise<void> {
  const script = await compiledScript('test/storage/conformance/endless-writer.ts');
  const child = spawn(process.execPath, [script, target.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TEST_OPTIONS: JSON.stringify(target.options) },
  });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('The writer ended before it was killed'))),
  ]);
  child.kill('SIGKILL');
  await ended;
}
