/**
 * `npm run test:node -- LINE… [--core] [ARGUMENTS OF VITEST]`: passes the tests, the core selection or the files given with
 * other releases of Node.js: `24`, several of them, `newest` or `all`. Each is fetched from the npm registry and checked, and
 * runs in a copy of the checkout. Ends with 1 if tests of one of them fail; all are run.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { prepare } from './prepare.js';
import { coreTests, lineOf, testedNodes } from './settings.js';

const lines = testedNodes.map(lineOf);
const [wanted, rest] = divide(process.argv.slice(2));
if (process.arch !== 'x64' || process.platform !== 'linux') {
  fail('The releases of Node.js that are pinned here are for Linux on x86-64');
}
const isCore = rest.includes('--core');
const args = [...rest.filter((arg) => arg !== '--core'), ...(isCore ? coreTests : [])];
const failed = wanted.filter((line) => !passes(testedNodes[lines.indexOf(line)]));
if (failed.length > 0) fail(`Tests failed with Node.js ${failed.join(', ')}`, 1);

/** The lines that are named, and what is for vitest. */
function divide(words) {
  const first = words.findIndex((word) => !/^(\d+|newest|all)$/.test(word));
  const names = first === -1 ? words : words.slice(0, first);
  const named = names.flatMap((name) => {
    if (name === 'all') return lines;
    return name === 'newest' ? lines.slice(-1) : [name];
  });
  const unknown = named.filter((line) => !lines.includes(line));
  if (named.length === 0 || unknown.length > 0) {
    fail(`Say which Node.js: ${lines.join(', ')}, newest or all`);
  }
  return [[...new Set(named)], first === -1 ? [] : words.slice(first)];
}

/** Whether the tests pass with one release. */
function passes(pinned) {
  console.error(`Node.js ${pinned.version}: making a copy of the checkout for it`);
  const { checkout, binary } = prepare(pinned);
  // what tests run as "node" and "npm" is run by it too
  const env = {
    ...process.env,
    PATH: `${dirname(binary)}${delimiter}${process.env.PATH}`,
    NODE: binary,
    npm_node_execpath: binary,
  };
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(binary, [vitest, 'run', ...args], {
    cwd: checkout,
    env,
    stdio: 'inherit',
  });
  return status === 0;
}

function fail(message, status = 2) {
  console.error(message);
  process.exit(status);
}
