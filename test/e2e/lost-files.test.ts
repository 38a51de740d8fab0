/** Files that are lost: no tree is ever shown for a time of which it is not known to be true, and what is lost is said. */
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { canMakeChains } from '../support/chains.js';
import {
  lostKinds,
  lostSets,
  secondsOf,
  stampOf,
  wholeAfter,
  withLoss,
  wrongIn,
} from '../support/lost-chain.js';
import type { LossPlace, LostSet } from '../support/lost-chain.js';
import { treeOf, withTest } from '../support/open.js';
import type { OpenTestOptions } from '../support/open.js';
import { built } from '../support/run.js';

beforeAll(built);

const losses = lostSets.flatMap((set) => lostKinds.map((kind) => [kind, set] as const));

interface Outcome {
  readonly isLess: boolean;
  readonly warnings: string;
  /** Paths whose bytes or link are not those of the tree. */
  readonly wrong: readonly string[];
  /** Paths that cannot be read. */
  readonly failed: readonly string[];
  /** Paths that the tree has and that are not there. */
  readonly absent: readonly string[];
}

/** What is chosen for a time, or as the newest, compared with the tree of a set. */
async function choose(
  { chain, target, folder }: LossPlace,
  truth: LostSet,
  options: OpenTestOptions & { readonly timeSeconds?: number } = {},
): Promise<Outcome> {
  const archive = join(folder, 'archive');
  await mkdir(archive, { recursive: true });
  return withTest(
    target,
    async ({ repository, warnings }) => {
      const wanted = { timeSeconds: options.timeSeconds, nowSeconds: 1_800_000_000 };
      const { snapshot, isLess } = await repository.choose(wanted);
      const tree = await treeOf(repository, snapshot.set);
      const expected = await readTree(chain.tree(truth));
      const wrong: string[] = [];
      const failed: string[] = [];
      for (const [path, { entry, bytes, error }] of tree) {
        if (error !== undefined) failed.push(path);
        else if (entry.type === 'sym' && snapshot.whyUnknown(entry)) failed.push(path);
        else if (
          entry.type !== 'dir' &&
          expected.get(path) !== (bytes?.toString('latin1') ?? `-> ${entry.linkTarget}`)
        )
          wrong.push(path);
      }
      const absent = [...expected.keys()].filter((path) => !tree.has(path));
      return { isLess, warnings: warnings.join('\n'), wrong, failed, absent };
    },
    { ...options, archive },
  );
}

/** Contents and link targets by path. */
async function readTree(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found = new Map<string, string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (entry.isSymbolicLink()) found.set(name, `-> ${await readlink(path)}`);
    else if (entry.isFile()) found.set(name, await readFile(path, 'latin1'));
  }
  return found;
}

const failing = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    if (isDuplifsError(error))
      return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe.runIf(canMakeChains)('with a file lost', () => {
  it.each(losses)(
    '(the %s of the %s) the newest whole tree is chosen, or none',
    async (kind, set) => {
      await withLoss({ kind, set }, async (place) => {
        const whole = wholeAfter(kind, set);
        if (whole === undefined) {
          expect(await failing(choose(place, 'newest'))).toMatchObject({
            code: 'FILE_MISSING',
            message: expect.stringMatching(`set ${stampOf(set)}.*${kind}`) as string,
            hint: expect.stringContaining('--use-incomplete') as string,
          });
          return;
        }
        const outcome = await choose(place, whole);
        expect(outcome).toMatchObject({ wrong: [], failed: [], absent: [] });
        expect(outcome.isLess).toBe(kind !== 'sigtar');
        if (kind !== 'sigtar') {
          expect(outcome.warnings).toContain(stampOf(set));
          expect(outcome.warnings).toMatch(new RegExp(`${kind}.*missing`));
        }
      });
    },
  );

  it.each(losses)(
    '(the %s of the %s) of the newest set is left what is left of it',
    async (kind, set) => {
      await withLoss({ kind, set }, async (place) => {
        const outcome = await choose(place, 'newest', { useIncomplete: true });
        expect(outcome).toMatchObject({ wrong: [], absent: [], isLess: kind !== 'sigtar' });
        expect(outcome.failed.length > 0).toBe(kind === 'volume');
        if (kind === 'manifest') expect(outcome.warnings).toContain('cannot be verified');
      });
    },
  );

  it.each(losses.filter(([kind]) => kind !== 'sigtar'))(
    '(the %s of the %s) a time that needs it is served as far as it is known, or refused',
    async (kind, set) => {
      await withLoss({ kind, set }, async (place) => {
        const timeSeconds = secondsOf('newest') + 100;
        if (kind === 'manifest') {
          const before = lostSets[lostSets.indexOf(set) - 1];
          expect(await failing(choose(place, 'newest', { timeSeconds }))).toMatchObject({
            code: 'FILE_MISSING',
            message: expect.stringContaining('its manifest is missing') as string,
            hint: expect.stringContaining(
              before === undefined ? 'No set before it is whole' : stampOf(before),
            ) as string,
          });
          return;
        }
        const outcome = await choose(place, 'newest', { timeSeconds });
        expect(outcome).toMatchObject({ wrong: [], absent: [], isLess: true });
        expect(outcome.failed).not.toEqual([]);
      });
    },
  );

  it('(a time before it) is served in full', async () => {
    await withLoss({ kind: 'manifest', set: 'newest' }, async (place) => {
      const outcome = await choose(place, 'middle', { timeSeconds: secondsOf('middle') });
      expect(outcome).toMatchObject({ wrong: [], failed: [], absent: [], isLess: false });
    });
  });

  it.each([
    ['manifest', 'middle', 1],
    ['volume', 'full', 24],
    ['sigtar', 'newest', 0],
  ] as const)(
    '(the %s of the %s) commands say the same, by their exit codes too',
    async (kind, set, wanted) => {
      await withLoss({ kind, set }, async ({ chain, folder, target, duplifs }) => {
        const out = join(folder, 'out');
        const [restored, listed, status, verified] = await Promise.all([
          duplifs('restore', target, out),
          duplifs('ls', target),
          duplifs('status', target),
          duplifs('verify', target, '/source'),
        ]);
        expect(restored, restored.stderr).toMatchObject({ status: wanted });
        expect(listed, listed.stderr).toMatchObject({ status: wanted });
        expect(status, status.stdout).toMatchObject({ status: 1 });
        expect(verified, verified.stderr).toMatchObject({ status: wanted || 1 });
        const told = kind === 'sigtar' ? [status] : [restored, listed, status, verified];
        for (const { stdout, stderr } of told) {
          expect(stdout + stderr).toMatch(kind === 'sigtar' ? 'signatures of the' : stampOf(set));
        }
        const whole = wholeAfter(kind, set);
        if (whole === undefined) expect(await readdir(folder)).not.toContain('out');
        else expect(await wrongIn(out, chain.tree(whole))).toEqual([]);
        const left = await duplifs('restore', '--use-incomplete', '--force', target, out);
        expect([left.status, left.stderr]).toEqual([kind === 'sigtar' ? 0 : 1, left.stderr]);
        expect(await wrongIn(out, chain.tree('newest'))).toEqual(
          whole === 'full'
            ? [`Only in ${out}: gone`, `Only in ${out}: new-0`].filter(
                (line) => !line.includes('new-0'),
              )
            : [],
        );
      });
    },
  );
});

describe.runIf(canMakeChains)('with more than one file lost', () => {
  const isNewest = (name: string): boolean => name.includes(`.to.${stampOf('newest')}.`);

  it.each([
    ['only the manifest', '.manifest'],
    ['only the sigtar', 'signatures'],
    ['only the volume', '.vol1.'],
  ])(
    'of the newest set %s is left: the set before it is given, and status names it',
    async (_, left) => {
      await withLoss(undefined, async (place) => {
        const { target } = place;
        for (const name of await readdir(target)) {
          if (isNewest(name) && !name.includes(left)) await rm(join(target, name));
        }
        const outcome = await choose(place, 'middle');
        expect(outcome).toMatchObject({ wrong: [], failed: [], absent: [], isLess: true });
        expect(outcome.warnings).toContain(stampOf('newest'));
        const status = await place.duplifs('status', '--json', target);
        expect(status.status).toBe(1);
        const { faultySets } = JSON.parse(status.stdout) as { faultySets: { set: string }[] };
        expect(faultySets.map(({ set }) => set)).toEqual([
          `${stampOf('middle')}.to.${stampOf('newest')}`,
        ]);
      });
    },
  );

  it.each([
    ['manifests', (name: string) => name.includes('manifest')],
    ['files but sigtars', (name: string) => !name.includes('signatures')],
    ['volumes', (name: string) => name.includes('.difftar')],
  ])('without its %s a backup is not said to be none', async (_, isLost) => {
    await withLoss(undefined, async ({ folder, target, duplifs }) => {
      for (const name of await readdir(target)) if (isLost(name)) await rm(join(target, name));
      const mountpoint = join(folder, 'mnt');
      await mkdir(mountpoint);
      const commands = [
        ['ls', target],
        ['mount', target, mountpoint],
      ];
      for (const { status, stderr } of await Promise.all(
        commands.map((args) => duplifs(...args)),
      )) {
        expect([status, stderr]).toEqual([24, stderr]);
        expect(stderr).toContain('No set of this backup is whole');
      }
      expect((await duplifs('status', target)).status).toBe(1);
    });
  });

  it('what nothing tells of any more is an error for each path, not an older file', async () => {
    await withLoss({ kind: 'volume', set: 'newest' }, async (place) => {
      const { target } = place;
      for (const name of await readdir(target)) {
        if (isNewest(name) && name.includes('signatures')) await rm(join(target, name));
      }
      const timeSeconds = secondsOf('newest');
      const outcome = await choose(place, 'newest', { timeSeconds });
      expect(outcome).toMatchObject({ wrong: [], isLess: true });
      expect(outcome.failed).toEqual(expect.arrayContaining(['big', 'changed', 'link']));
    });
  });

  it.each([
    ['within a volume', (text: string) => text.slice(0, text.indexOf('Hash SHA1') + 20)],
    ['between two volumes', (text: string) => text.slice(0, text.indexOf('Volume 2'))],
    ['within its list of files', (text: string) => text.slice(0, text.lastIndexOf('    new'))],
  ])('a manifest that ends %s never gives fewer files unnoticed', async (_, cut) => {
    await withLoss(undefined, async (place) => {
      const { target } = place;
      const name = (await readdir(target)).find((one) => /full.*manifest/.test(one));
      const path = join(target, name ?? '');
      await writeFile(path, cut(await readFile(path, 'utf8')));
      expect(await failing(choose(place, 'newest'))).toMatchObject({
        code: 'DAMAGED',
        message: expect.stringContaining(`of the set ${stampOf('full')}`) as string,
      });
      const outcome = await choose(place, 'newest', { useIncomplete: true });
      expect(outcome).toMatchObject({ wrong: [], failed: [], absent: [], isLess: true });
    });
  });
});
