/**
 * The benchmark suite: `npm run bench`, or `node bench/run.js` where all is installed.
 *
 *     --only CASE   one of the cases below (repeatable); "reach" is all that begin with "reach/", which take
 *                   hours and run only when they are asked for
 *     --tool TOOL   only this program beside duplifs (repeatable): restic, borg, duplicity; "none"
 *     --runs N      measured runs of each (default 5)
 *     --quick       a small tree and fewer runs: does it work, not how fast is it
 *     --scale F     of "reach": sizes and numbers times this (default 1; 0.02 to try whether it works)
 *
 * DUPLIFS_BENCH_DIR is where trees and backups are kept (30 GB for all of "reach"); with DUPLIFS_BENCH_REQUESTS
 * set, the requests that the counting server saw are printed. duplicity is the first one on PATH.
 *
 * Every program takes turns with the others, so ratios within a run hold on a busy machine too, and
 * absolute figures do not.
 */
import { parseArgs } from 'node:util';
import { full, incremental } from './cases/backup.js';
import { content } from './cases/content.js';
import { random, sequential } from './cases/large-file.js';
import { coldCatalog, list } from './cases/list.js';
import { reach } from './cases/reach/index.js';
import { ready } from './cases/ready.js';
import { s3 } from './cases/s3.js';
import { tar } from './cases/tar.js';
import { Backups, scaledSources, sources } from './support/backups.js';
import { printTable, resultPath, writeJson } from './support/report.js';
import { borg, duplicity, duplifs, mounting, restic, whyMissing } from './support/tools.js';
import { warmCatalog } from './support/warm-catalog.js';

/**
 * @typedef {object} Context
 * @property {import('./support/tools.js').Tool[]} tools that mount
 * @property {import('./support/tools.js').Tool[]} restorers
 * @property {(tool: import('./support/tools.js').Tool, kind: 'tree' | 'large') => Promise<string>} place
 *   the folder of the tool's backup; of duplifs with all sizes catalogued
 * @property {(tool: import('./support/tools.js').Tool, kind: 'tree' | 'large') => Promise<string>} backupOf
 *   the same, as the tool left it
 * @property {(kind: 'tree' | 'large') => Promise<string>} source what was backed up
 * @property {number} runs
 * @property {number} scale of the cases of "reach"
 */

const cases = {
  content,
  ready,
  list,
  tar,
  sequential,
  random,
  'cold-catalog': coldCatalog,
  full,
  incremental,
  s3,
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    tool: { type: 'string', multiple: true },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
  },
});
const size = options.quick ? 'quick' : 'full';
const runs = Number(options.runs ?? (options.quick ? 2 : 5));
const scale = Number(options.scale);
const all = { ...cases, ...reach };
const chosen = (options.only ?? Object.keys(cases)).flatMap((name) =>
  name === 'reach' ? Object.keys(reach) : [name],
);
const isUnknown = chosen.some((name) => !(name in all));
if (isUnknown || !Number.isInteger(runs) || runs < 1 || !(scale > 0)) {
  console.error(
    `Cases are: ${Object.keys(all).join(', ')}; --runs takes a whole number, --scale a number above 0`,
  );
  process.exit(2);
}

const tools = await present(mounting);
const restorers = await present([duplifs, restic, borg, duplicity]);
const warm = new Set();
const usual = contextOf(new Backups(sources[size]));
const scaled = contextOf(new Backups(scaledSources(scale)));

const results = [];
const path = resultPath();
for (const name of chosen) {
  const isReach = name in reach;
  try {
    const rows = await all[name](isReach ? scaled : usual);
    for (const row of rows) {
      const isScaled = isReach && scale !== 1;
      results.push(isScaled ? { ...row, name: `${row.name} (sizes times ${scale})` } : row);
    }
  } catch (error) {
    // one row that fails does not take those of the hours before with it
    if (!isReach) throw error;
    console.error(`${name} failed: ${error.stack}`);
    process.exitCode = 1;
  }
  if (name === 'cold-catalog') warm.clear();
  writeJson(path, results, { size, runs, scale, cases: chosen });
}
printTable(results);
console.error(`\nKept as ${path}`);

/**
 * @param {Backups} backups
 * @returns {Context}
 */
function contextOf(backups) {
  const backupOf = (tool, kind) => backups.of(tool === duplifs ? duplicity : tool, kind);
  return {
    tools,
    restorers,
    source: (kind) => backups.source(kind),
    backupOf,
    place: async (tool, kind) => {
      const folder = await backupOf(tool, kind);
      if (tool === duplifs && !warm.has(folder)) {
        await warmCatalog(folder);
        warm.add(folder);
      }
      return folder;
    },
    runs,
    scale,
  };
}

/** The tools that are wanted and installed. */
async function present(wanted) {
  const found = [];
  for (const tool of wanted) {
    const isWanted = tool === duplifs || (options.tool?.includes(tool.name) ?? true);
    if (!isWanted) continue;
    const reason = await whyMissing(tool);
    if (reason === undefined) found.push(tool);
    else console.error(`Without ${tool.name}: ${reason}`);
  }
  return found;
}
