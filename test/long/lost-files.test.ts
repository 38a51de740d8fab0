/** Every kind of file of every set of a chain is lost, and every command says so; test/e2e/lost-files.test.ts has the quick part. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
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
import { built } from '../support/run.js';
import type { Finished } from '../support/run.js';

beforeAll(built);

const losses = lostSets.flatMap((set) => lostKinds.map((kind) => [kind, set] as const));

const said = ({ stderr, stdout }: Finished): string => stderr + stdout;

describe.runIf(canMakeChains)('with a file lost', () => {
  it.each(losses)(
    '(the %s of the %s) commands give the newest whole tree, or none, and say so',
    async (kind, set) => {
      await withLoss({ kind, set }, async ({ chain, folder, target, duplifs }) => {
        const whole = wholeAfter(kind, set);
        const out = join(folder, 'out');
        const [restored, listed, status, verified] = await Promise.all([
          duplifs('restore', target, out),
          duplifs('ls', target),
          duplifs('status', target),
          duplifs('verify', target, '/source'),
        ]);
        const wanted = whole === undefined ? 24 : whole === 'newest' ? 0 : 1;
        expect(restored, restored.stderr).toMatchObject({ status: wanted });
        expect(listed, listed.stderr).toMatchObject({ status: wanted });
        expect(status, status.stdout).toMatchObject({ status: 1 });
        expect(verified, verified.stderr).toMatchObject({ status: wanted === 0 ? 1 : wanted });
        for (const ran of wanted === 0 ? [status] : [restored, listed, status, verified]) {
          if (kind !== 'sigtar') expect(said(ran)).toContain(stampOf(set));
          expect(said(ran)).toMatch(new RegExp(kind === 'sigtar' ? 'signature' : kind));
        }
        if (whole === undefined) {
          expect(restored.stderr).toContain('--use-incomplete');
          expect(await readdir(folder)).not.toContain('out');
          return;
        }
        expect(await wrongIn(out, chain.tree(whole))).toEqual([]);
        expect((await readdir(out)).sort()).toEqual((await readdir(chain.tree(whole))).sort());
        expect(listed.stdout).toContain(`new-${lostSets.indexOf(whole)}`);
      });
    },
  );

  it.each(losses)(
    '(the %s of the %s) --use-incomplete gives what is left of the newest set',
    async (kind, set) => {
      await withLoss({ kind, set }, async ({ chain, folder, target, duplifs }) => {
        const out = join(folder, 'out');
        const { status, stderr } = await duplifs('restore', '--use-incomplete', target, out);
        expect([status, stderr]).toEqual([kind === 'sigtar' ? 0 : 1, stderr]);
        expect(await wrongIn(out, chain.tree('newest'))).toEqual([]);
        const missing = (await readdir(chain.tree('newest'))).filter(
          (name) => !stderr.includes(`"${name}" was not restored`),
        );
        expect((await readdir(out)).sort()).toEqual(missing.sort());
        if (kind === 'manifest') {
          expect(stderr).not.toContain('was not restored');
          expect(stderr).toContain('cannot be verified');
        }
      });
    },
  );

  it.each(losses.filter(([kind]) => kind !== 'sigtar'))(
    '(the %s of the %s) a time that needs it is served as far as it is known, or refused',
    async (kind, set) => {
      await withLoss({ kind, set }, async ({ chain, folder, target, duplifs }) => {
        const out = join(folder, 'out');
        const time = ['--time', String(secondsOf('newest') + 100)];
        const { status, stderr } = await duplifs('restore', ...time, target, out);
        expect([status, stderr]).toEqual([kind === 'manifest' ? 24 : 1, stderr]);
        expect(stderr).toContain(stampOf(set));
        if (kind === 'manifest') expect(await readdir(folder)).not.toContain('out');
        else expect(await wrongIn(out, chain.tree('newest'))).toEqual([]);
      });
    },
  );
});
