/** What the signatures of a set say is a hint: what is restored is what its verified volumes hold. */
import { readdirSync, readFileSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { restore } from '../../src/restore/index.js';
import type { RestoreResult } from '../../src/restore/index.js';
import { errorText } from '../../src/base/index.js';
import { eventText } from '../../src/cli/events/index.js';
import { deleted, file, folder, link, timesOf, writeSet } from '../support/craft.js';
import type { Crafted, CraftedSet } from '../support/craft.js';
import { newestSnapshot, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Restored extends RestoreResult {
  readonly out: string;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** Restores the newest set, or one path of it. */
async function restored(target: string, path = ''): Promise<Restored> {
  const out = join(newFolder(), 'out');
  return withTest(target, async ({ repository, warnings }) => {
    const snapshot = await newestSnapshot(repository);
    await snapshot.provePath(path);
    const errors: string[] = [];
    const result = await restore(snapshot, snapshot.resolve(path), out, {
      onFailure: (failed, error) => errors.push(`${failed}: ${errorText(error)}`),
      report: (event) => warnings.push(eventText(event)),
    });
    return { ...result, out, warnings, errors };
  });
}

function targetOf(...sets: readonly Omit<CraftedSet, 'times'>[]): string {
  const target = join(newFolder(), 'target');
  for (const [day, set] of sets.entries()) writeSet(target, { times: timesOf(day), ...set });
  return target;
}

const tree = [folder(''), file('a', 'aye'), folder('d', { mode: 0o700 }), file('d/e', 'ee')];
const rest = [file('v', 'vanish'), file('w', 'double')];

describe('a restore of a set whose signatures say otherwise than its volumes', () => {
  it('holds nothing that the signatures alone tell of, and names them', async () => {
    const invented: Crafted[] = [
      folder('', { mode: 0o777 }),
      file('a', '', { mode: 0o4755, uid: 1000 }),
      folder('d', { mode: 0o777 }),
      link('d/cron', '/etc/cron.d'),
      file('d/e'),
      folder('f'),
      { path: 'f/fifo', type: 'fifo' },
      { path: 'sda', type: 'blk', device: { major: 8, minor: 0 }, mode: 0o666 },
      file('v'),
      file('w'),
    ];
    const target = targetOf({ volumes: [tree, rest], signatures: invented });
    const { out, errors, failures, disagreements } = await restored(target);
    expect(readdirSync(out)).toEqual(['a', 'd', 'v', 'w']);
    expect(readdirSync(join(out, 'd'))).toEqual(['e']);
    expect(statSync(join(out, 'd')).mode & 0o7777).toBe(0o700);
    expect(statSync(join(out, 'a')).mode & 0o7777).toBe(0o644);
    expect(errors.map((error) => error.split(':')[0])).toEqual(['d/cron', 'f', 'f/fifo', 'sda']);
    expect(errors[0]).toMatch(/listed in set 20231114T221320Z by ".*sigtar\.gz" but lies in none/);
    expect([failures, disagreements]).toEqual([4, 4]);
  });

  it('holds what the signatures leave out, at the start, between, and at the end of a volume', async () => {
    const told = [folder(''), file('d/e')];
    const { out, warnings, errors, failures } = await restored(
      targetOf({ volumes: [tree, rest], signatures: told }),
    );
    expect(errors).toEqual([]);
    expect(failures).toBe(0);
    expect(readdirSync(out)).toEqual(['a', 'd', 'v', 'w']);
    expect(readFileSync(join(out, 'd/e'), 'utf8')).toBe('ee');
    expect(statSync(join(out, 'd')).mode & 0o7777).toBe(0o700);
    expect(warnings.join('\n')).toMatch(/sigtar\.gz" and "duplicity-full.*vol1.*same of "a"/);
    expect(warnings.join('\n')).toMatch(/"duplicity-full.*vol2.*same of "v" and of 1 more/);
  });

  it('has the types and the link targets of the volumes', async () => {
    const volumes = [
      [folder(''), link('a', 'right'), folder('d'), file('d/e', 'ee'), link('l', 'x')],
    ];
    const signatures = [
      folder(''),
      link('a', '/wrong'),
      link('d', '/'),
      folder('l'),
      file('l/below'),
    ];
    const { out, errors } = await restored(targetOf({ volumes, signatures }));
    expect(readlinkSync(join(out, 'a'))).toBe('right');
    expect(readFileSync(join(out, 'd/e'), 'utf8')).toBe('ee');
    expect(readlinkSync(join(out, 'l'))).toBe('x');
    expect(errors).toEqual([]); // what lies below a link is no part of the tree
  });

  it('holds what a newer set has, though its signatures are those of an older one', async () => {
    const target = targetOf(
      { volumes: [tree, rest] },
      { volumes: [[folder(''), file('a', 'second')]] },
      {
        volumes: [[folder(''), file('a', 'third'), deleted('v')]],
        signatures: [folder(''), file('w')],
      },
    );
    const { out, errors, disagreements } = await restored(target);
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe('third');
    expect(readdirSync(out)).toEqual(['a', 'd']);
    expect(errors.map((error) => error.split(':')[0])).toEqual(['w']); // which of its contents is not known
    expect(disagreements).toBe(1);
    const one = await restored(target, 'a');
    expect(readFileSync(one.out, 'utf8')).toBe('third');
  });

  it('holds what the signatures alone have deleted', async () => {
    const target = targetOf(
      { volumes: [tree, rest] },
      {
        volumes: [[folder(''), file('a', 'second')]],
        signatures: [folder(''), file('a'), deleted('d'), deleted('d/e'), deleted('v')],
      },
    );
    const { out, warnings, failures } = await restored(target);
    expect(readdirSync(out)).toEqual(['a', 'd', 'v', 'w']);
    expect(readFileSync(join(out, 'd/e'), 'utf8')).toBe('ee');
    expect(statSync(join(out, 'd')).mode & 0o7777).toBe(0o700);
    expect(statSync(out).mtimeMs).toBe(1_600_000_000_000); // though it was written into again
    expect(warnings.join('\n')).toMatch(/same of "d" and of 2 more/);
    expect(failures).toBe(0);
  });

  it('of a path holds the path, though no signatures tell of it', async () => {
    const target = targetOf({ volumes: [tree, rest], signatures: [folder(''), file('w')] });
    expect(readFileSync((await restored(target, 'v')).out, 'utf8')).toBe('vanish');
    expect(readdirSync((await restored(target, 'd')).out)).toEqual(['e']);
  });

  it('has nothing of the set whose signatures lie under its name', async () => {
    const target = targetOf({ volumes: [tree, rest] });
    const other = targetOf({ volumes: [[folder(''), file('x', 'other'), link('y', 'z')]] });
    const [sigtar] = readdirSync(other).filter((name) => name.includes('sigtar'));
    renameSync(join(other, sigtar ?? ''), join(target, sigtar ?? ''));
    const { out, disagreements } = await restored(target);
    expect(readdirSync(out)).toEqual(['a', 'd', 'v', 'w']);
    expect(disagreements).toBe(2);
  });
});

describe('a restore of a set with a volume that cannot be read', () => {
  it('says so though no path of that time needs it', async () => {
    const target = targetOf({ volumes: [tree, rest] }, { volumes: [[deleted('v'), deleted('w')]] });
    const volume = readdirSync(target).find((name) => /full.*vol2/.test(name)) ?? '';
    renameSync(join(target, volume), join(target, '../away'));
    const { out, failures, warnings } = await restored(target);
    expect(readdirSync(out)).toEqual(['a', 'd']);
    expect(failures).toBe(1);
    expect(warnings.join('\n')).toContain('"volume 2" could not be read');
  });
});
