/** The core selection passes with each line of Node.js (scripts/nodes). */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { root, run } from '../support/run.js';

interface Settings {
  readonly testedNodes: readonly { readonly version: string }[];
  readonly coreTests: readonly string[];
  readonly lineOf: (node: { readonly version: string }) => string;
}

const { testedNodes, coreTests, lineOf } = (await import(
  pathToFileURL(join(root, 'scripts/nodes/settings.js')).href
)) as Settings;

/** What vitest tells its own tests, and is not for the vitest that they start. */
const ofThisRun = Object.keys(process.env).filter((name) =>
  /^(VITEST|DUPLIFS_ALL$|NODE_ENV$|TEST$)/.test(name),
);
const env = Object.fromEntries(ofThisRun.map((name) => [name, undefined]));

it.each(testedNodes.map(lineOf))('Node.js %s passes the core selection', async (line) => {
  const script = join(root, 'scripts/nodes/index.js');
  const { status, stdout, stderr } = await run(process.execPath, [script, line, '--core'], {
    env: { ...env, NO_COLOR: '1' },
    timeoutMs: 3_000_000,
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(new RegExp(`Test Files +${coreTests.length} passed`));
});
