/** Prints results as a table and keeps them as JSON. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, release } from 'node:os';
import { join } from 'node:path';

const headings = ['case', 'program', 'metric', 'median', 'least', 'most', 'duplifs is'];

/** @param {readonly import('./contest.js').Result[]} results */
export function printTable(results) {
  const rows = results.flatMap(({ name, contestants }) =>
    Object.entries(contestants).flatMap(([key, figures]) =>
      Object.entries(figures).map(([metric, { median, values }]) => {
        const own = contestants.duplifs?.[metric]?.median;
        const ratio = key === 'duplifs' || own === undefined || median === 0 ? '' : own / median;
        return [name, key, metric, median, Math.min(...values), Math.max(...values), ratio].map(
          (cell) => (typeof cell === 'number' ? digits(cell) : cell),
        );
      }),
    ),
  );
  for (const line of aligned([headings, ...rows])) console.log(line);
  console.log('\n"duplifs is": its median divided by the other program\'s in the same run\n');
  const targets = results.flatMap(({ name, targets: judged }) =>
    judged.map(({ metric, of, against, atMost, atLeast, measured, isMet, isAim }) => [
      isMet ? 'met' : isAim ? 'aim missed' : 'MISSED',
      of === undefined ? name : `${name}: ${of}`,
      against === undefined ? metric : `${metric} / ${against}'s`,
      atMost === undefined ? `>= ${digits(atLeast)}` : `<= ${digits(atMost)}`,
      digits(measured),
    ]),
  );
  for (const line of aligned([['', 'case', 'target', 'wanted', 'measured'], ...targets])) {
    console.log(line);
  }
}

/** The path of a file for the results of a run that begins now. */
export function resultPath() {
  const folder = new URL('../results/', import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  return join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
}

/**
 * @param {string} path
 * @param {readonly import('./contest.js').Result[]} results
 * @param {object} settings of the run
 */
export function writeJson(path, results, settings) {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    commit: commit(),
  };
  writeFileSync(path, `${JSON.stringify({ settings, machine, results }, null, 2)}\n`);
}

function commit() {
  try {
    const folder = new URL('../../', import.meta.url).pathname;
    return execFileSync('git', ['-C', folder, 'describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined; // not a checkout
  }
}

function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
