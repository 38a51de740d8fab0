/**
 * Contestants take turns (A B C A B C …), so that what else the machine does hits all alike; each runs
 * once to warm up, which is not counted. What is reported are medians, and their ratios within this run.
 */

import { runScript } from './process.js';

/**
 * @typedef {Record<string, number>} Sample figures of one run, by metric; those that end in `Seconds` or
 *   are called `seconds` are better when small
 * @typedef {object} Target
 * @property {string} metric
 * @property {string} [of] the contestant that is judged; without it duplifs
 * @property {string} [against] a contestant; without it `atMost` and `atLeast` are absolute
 * @property {number} [atMost]
 * @property {number} [atLeast]
 * @property {boolean} [isAim] what is hoped for, not promised
 * @typedef {object} Result
 * @property {string} name
 * @property {Record<string, Record<string, { median: number, values: number[] }>>} contestants
 * @property {(Target & { measured: number, isMet: boolean })[]} targets
 */

/**
 * @param {string} name
 * @param {Record<string, () => Promise<Sample>>} contestants
 * @param {{ runs: number, warmUp?: boolean, targets?: Target[] }} options
 * @returns {Promise<Result>}
 */
export async function contest(name, contestants, { runs, warmUp = true, targets = [] }) {
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(Object.keys(contestants).map((key) => [key, []]));
  for (let round = warmUp ? -1 : 0; round < runs; round += 1) {
    for (const [key, measure] of Object.entries(contestants)) {
      await runScript('sync'); // what the one before has left to be written is not this one's burden
      const sample = await measure();
      if (round >= 0) samples[key].push(sample);
      process.stderr.write(
        `${name} ${round < 0 ? 'warm-up' : round + 1} ${key}: ${brief(sample)}\n`,
      );
    }
  }
  const figures = Object.fromEntries(
    Object.entries(samples).map(([key, taken]) => [key, summarize(taken)]),
  );
  return { name, contestants: figures, targets: judge(figures, targets) };
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function summarize(samples) {
  const metrics = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    metrics.map((metric) => {
      const values = samples.map((sample) => sample[metric]);
      return [metric, { median: median(values), values }];
    }),
  );
}

function judge(figures, targets) {
  return targets.flatMap((target) => {
    const own = figures[target.of ?? 'duplifs']?.[target.metric]?.median;
    const other =
      target.against === undefined ? 1 : figures[target.against]?.[target.metric]?.median;
    if (own === undefined || other === undefined) return [];
    const measured = own / other;
    const isMet =
      measured <= (target.atMost ?? Infinity) && measured >= (target.atLeast ?? -Infinity);
    return [{ ...target, measured, isMet }];
  });
}

function brief(sample) {
  return Object.entries(sample)
    .map(([metric, value]) => `${metric} ${value.toPrecision(3)}`)
    .join(', ');
}
