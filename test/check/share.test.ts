/** Which volumes a share takes: those that were not read for longest, never less than asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseShare } from '../../src/check/share.js';
import type { LastRead, Share } from '../../src/check/share.js';

const volumes = fc
  .array(fc.nat(5000), { minLength: 1, maxLength: 60 })
  .map((sizes) => sizes.map((size, at) => ({ name: `v${at}`, size: size + 1 })));

const bytesOf = (some: readonly { readonly size: number }[]): number =>
  some.reduce((sum, { size }) => sum + size, 0);

describe('a share', () => {
  it('of 1/n reads everything in n runs, and nothing twice before', () => {
    fc.assert(
      fc.property(volumes, fc.integer({ min: 1, max: 9 }), (all, parts) => {
        const share: Share = { kind: 'part', part: 1 / parts };
        const reads = new Map<string, LastRead>();
        for (let run = 1; run <= parts; run += 1) {
          const before = reads.size;
          const chosen = chooseShare(all, share, ({ name }) => reads.get(name)).volumes;
          const isNew = chosen.filter(({ name }) => !reads.has(name)).length;
          // only once all were read is one read again
          expect(isNew === chosen.length || before + isNew === all.length).toBe(true);
          for (const { name } of chosen) {
            reads.set(name, { readSeconds: run, hasFailed: false, isOfThisRun: false });
          }
        }
        expect(reads.size).toBe(all.length);
      }),
    );
  });

  it('that is gone on with is as large as one that was not interrupted', () => {
    fc.assert(
      fc.property(volumes, fc.nat(60), fc.integer({ min: 1, max: 99 }), (all, stop, percent) => {
        const share: Share = { kind: 'part', part: percent / 100 };
        const whole = chooseShare(all, share, () => undefined).volumes;
        const done = new Set(whole.slice(0, stop));
        const rest = chooseShare(all, share, (volume) =>
          done.has(volume) ? { readSeconds: 5, hasFailed: false, isOfThisRun: true } : undefined,
        );
        expect(rest.bytesRead).toBe(bytesOf([...done]));
        expect(rest.volumes.every((volume) => !done.has(volume))).toBe(true);
        expect(bytesOf(rest.volumes) + rest.bytesRead).toBe(bytesOf(whole));
      }),
    );
  });

  it('holds all that has failed besides', () => {
    fc.assert(
      fc.property(volumes, fc.nat(10_000), (all, bytes) => {
        const failed = new Set(all.filter((_, at) => at % 3 === 0));
        const chosen = chooseShare(all, { kind: 'bytes', bytes }, (volume) =>
          failed.has(volume) ? { readSeconds: 9, hasFailed: true, isOfThisRun: false } : undefined,
        ).volumes;
        const others = all.filter((volume) => !failed.has(volume));
        const taken = chosen.filter((volume) => !failed.has(volume));
        expect(chosen.filter((volume) => failed.has(volume))).toHaveLength(failed.size);
        expect(bytesOf(taken)).toBeGreaterThanOrEqual(Math.min(bytes, bytesOf(others)));
        if (taken.length > 0) expect(bytesOf(taken.slice(0, -1))).toBeLessThan(Math.max(1, bytes));
      }),
    );
  });
});
