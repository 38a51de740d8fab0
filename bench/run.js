/**
 * The benchmark suite: `npm run bench`, or `node bench/run.js` where all is installed.
 *
 *     --only CASE   one of the cases below (repeatable)
 *     --tool TOOL   only this program beside duplifs (repeatable): restic, borg, duplicity; "none"
 *     --runs N      measured runs of each (default 5)
 *     --quick       a small tree and fewer runs: does it work, not how fast is it
 *
 * Every program takes turns with the others, so ratios within a run hold on a busy machine too, and
 * absolute figures do not.
 */
import { parseArgs } from 'node:util';
import { full, incremental } from './cases/backup.js';
import { content } from './cases/content.js';
import { random, sequential } from './cases/large-file.js';
import { coldCatalog, list } from './cases/list.js';
import { ready } from './cases/ready.js';
import { s3 } from './cases/s3.js';
import { tar } from './cases/tar.js';
import { Backups } from './support/backups.js';
import { printTable, writeJson } from './support/report.js';
import { borg, duplicity, duplifs, mounting, restic, whyMissing } from './support/tools.js';
import { warmCatalog } from './support/warm-catalog.js';

/**
 * @typedef {object} Context
 * @property {import('./support/tools.js').Tool[]} tools that mount
 * @property {import('./support/tools.js').Tool[]} restorers
 * @property {(tool: import('./support/tools.js').Tool, kind: 'tree' | 'large') => Promise<string>} place
 *   the folder of the tool's backup; of duplifs with all sizes catalogued
 * @property {(kind: 'tree' | 'large') => Promise<string>} source what was backed up
 * @property {number} runs
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
  },
});
const size = options.quick ? 'quick' : 'full';
const runs = Number(options.runs ?? (options.quick ? 2 : 5));
const chosen = options.only ?? Object.keys(cases);
const unknown = chosen.find((name) => !(name in cases));
if (unknown !== undefined || !Number.isInteger(runs) || runs < 1) {
  console.error(`Cases are: ${Object.keys(cases).join(', ')}; --runs takes a whole number`);
  process.exit(2);
}

const backups = new Backups(size);
const backupOf = (tool, kind) => backups.of(tool === duplifs ? duplicity : tool, kind);
const warm = new Set();

/** @type {Context} */
const context = {
  tools: await present(mounting),
  restorers: await present([duplifs, restic, borg, duplicity]),
  source: (kind) => backups.source(kind),
  place: async (tool, kind) => {
    const folder = await backupOf(tool, kind);
    if (tool === duplifs && !warm.has(kind)) {
      await warmCatalog(folder);
      warm.add(kind);
    }
    return folder;
  },
  runs,
};

const results = [];
for (const name of chosen) {
  results.push(...(await cases[name](context)));
  if (name === 'cold-catalog') warm.clear();
}
printTable(results);
console.error(`\nKept as ${writeJson(results, { size, runs, cases: chosen })}`);

/** The tools that are wanted and installed. */
async function present(tools) {
  const found = [];
  for (const tool of tools) {
    const isWanted = tool === duplifs || (options.tool?.includes(tool.name) ?? true);
    if (!isWanted) continue;
    const reason = await whyMissing(tool);
    if (reason === undefined) found.push(tool);
    else console.error(`Without ${tool.name}: ${reason}`);
  }
  return found;
}
