/** In a mount names may come from signatures; what lies behind them comes from volumes, or is an error. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MountView } from '../../src/mount/view/mount-view.js';
import { rootNameId } from '../../src/snapshot/index.js';
import { duplifs } from '../support/run.js';
import { deleted, file, folder, link, timesOf, writeSet } from '../support/craft.js';
import type { CraftedSet } from '../support/craft.js';
import { withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const { signal } = new AbortController();

function targetOf(...sets: readonly Omit<CraftedSet, 'times'>[]): string {
  const target = join(newFolder(), 'target');
  for (const [day, set] of sets.entries()) writeSet(target, { times: timesOf(day), ...set });
  return target;
}

/** Mounts the newest set and gives what can be asked by name. */
async function mounted(
  target: string,
  work: (ask: {
    size: (name: string) => Promise<number | undefined>;
    text: (name: string) => Promise<string>;
    link: (name: string) => Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  await withTest(target, async ({ repository }) => {
    const [set] = repository.sets();
    if (set === undefined) throw new Error('no set');
    const only = { snapshot: repository.snapshot(set), folderId: rootNameId };
    const view = new MountView({ repository, override: {}, now: () => 0, only });
    const node = async (name: string) => view.lookup(1, name, signal);
    const ino = async (name: string): Promise<number> => (await node(name))?.ino ?? 0;
    await work({
      size: async (name) => (await node(name))?.size,
      text: async (name) =>
        Buffer.from(await view.read(await ino(name), 0, 100, signal)).toString(),
      link: async (name) => view.readlink(await ino(name), signal),
    });
  });
}

describe('a mount of a set whose signatures say otherwise than its volumes', () => {
  it('serves link targets and bytes of the volumes, and errors for what none holds', async () => {
    const volumes = [[folder(''), link('l', 'right'), file('t', 'text'), link('u', 'v')]];
    const signatures = [
      ...[folder(''), link('evil', '/etc'), link('l', '/wrong'), link('t', '/wrong'), file('u')],
      { path: 'sda', type: 'blk', device: { major: 8, minor: 0 } } as const,
    ];
    await mounted(targetOf({ volumes, signatures }), async ({ link: target, size, text }) => {
      await expect(target('evil')).rejects.toThrow('lies in none of its volumes');
      expect(await target('l')).toBe('right');
      await expect(size('sda')).rejects.toThrow('lies in none of its volumes');
      expect(await text('t')).toBe('text');
    });
    await mounted(targetOf({ volumes, signatures }), async ({ link: target }) => {
      await expect(target('t')).rejects.toThrow('as another type');
    });
  });

  it('serves what a newer set has, though its signatures do not tell of it', async () => {
    const target = targetOf(
      { volumes: [[folder(''), file('a', 'old'), file('b', 'b')], [file('c', 'c')]] },
      {
        volumes: [[folder(''), file('a', 'newer')], [deleted('c')]],
        signatures: [folder('')],
      },
    );
    await mounted(target, async ({ size, text }) => {
      expect(await size('a')).toBe(5);
      expect(await text('a')).toBe('newer');
      expect(await text('b')).toBe('b');
      await expect(size('c')).rejects.toThrow('was deleted');
    });
  });
});

describe('a list as JSON', () => {
  it('says what each entry is known from', async () => {
    const target = targetOf({ volumes: [[folder(''), file('a', 'aye')]] });
    const args = ['--archive-dir', newFolder()];
    const sources = async (): Promise<(string | undefined)[]> => {
      const { stdout } = await duplifs(['ls', '--json', ...args, target]);
      const lines = stdout.trimEnd().split('\n');
      return lines.map((line) => (JSON.parse(line) as { listedFrom?: string }).listedFrom);
    };
    expect(await sources()).toEqual(['signatures', 'signatures']);
    const restoring = await duplifs(['restore', ...args, target, join(newFolder(), 'out')]);
    expect(restoring.status).toBe(0);
    expect(await sources()).toEqual(['volumes', 'volumes']);
  });
});
