/**
 * Names of sets for tests: a word and a number a set, such as full1 or inc2, each a day later. Titles say F1
 * and I2 for short.
 */
import { formatFileName } from '../../src/archive/index.js';
import type { SetTimes } from '../../src/archive/index.js';

/** Day 0 is 2023-11-14T22:13:20Z. */
export const day = (number: number): number => 1_700_000_000 + number * 86_400;

export const full = (end: number): SetTimes => ({ kind: 'full', endSeconds: day(end) });
export const inc = (start: number, end: number): SetTimes => ({
  kind: 'inc',
  startSeconds: day(start),
  endSeconds: day(end),
});

export const manifest = (times: SetTimes): string =>
  formatFileName({ kind: 'manifest', times, container: 'plain' });
export const partManifest = (times: SetTimes): string =>
  formatFileName({ kind: 'manifest', times, container: 'plain', partial: true });
export const volume = (times: SetTimes, volumeNumber = 1): string =>
  formatFileName({ kind: 'volume', times, volumeNumber, container: 'gz' });
export const signatures = (times: SetTimes): string =>
  formatFileName({ kind: 'signatures', times, container: 'gz' });
export const partSignatures = (times: SetTimes): string =>
  formatFileName({ kind: 'signatures', times, container: 'plain', partial: true });
export const index = (times: SetTimes): string =>
  formatFileName({ kind: 'index', times, container: 'gz' });

/** The files of whole sets of one volume. */
export const whole = (...sets: readonly SetTimes[]): string[] =>
  sets.flatMap((times) => [manifest(times), volume(times), signatures(times)]);

/** Two chains, of three and of four sets. */
export const full1 = full(0);
export const inc1 = inc(0, 1);
export const inc2 = inc(1, 2);
export const full2 = full(3);
export const inc3 = inc(3, 4);
export const inc4 = inc(4, 5);
export const inc5 = inc(5, 6);
export const twoChains = whole(full1, inc1, inc2, full2, inc3, inc4, inc5);

export const without = (names: readonly string[], ...gone: readonly string[]): string[] =>
  names.filter((name) => !gone.includes(name));
