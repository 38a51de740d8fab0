/** `npm run test:node`: which Node.js it takes, and what it passes with them. The run itself: test/long/nodes.test.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root, run } from '../support/run.js';
import { script } from './scripts.js';

interface Settings {
  readonly testedNodes: readonly Readonly<Record<'package' | 'version' | 'integrity', string>>[];
  readonly coreTests: readonly string[];
  readonly lineOf: (node: { readonly version: string }) => string;
}

const index = join(root, 'scripts/nodes/index.js');
const { testedNodes, coreTests, lineOf } = (await import(
  pathToFileURL(join(root, 'scripts/nodes/settings.js')).href
)) as Settings;
const lines = testedNodes.map(lineOf);

describe('the Node.js that tests are passed with', () => {
  it('are one of each line, from the oldest that package.json takes, with that of packages', async () => {
    const { architectures } = await script('settings');
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(lines[0]).toBe(/>=(\d+)/.exec(engines.node)?.[1]);
    expect(lines).toEqual([...new Set(lines)].toSorted((a, b) => Number(a) - Number(b)));
    expect(testedNodes).toContainEqual(architectures.x64.node);
    for (const { integrity } of testedNodes) expect(integrity).toMatch(/^sha512-[\w+/]{86}==$/);
  });

  it('pass a core selection of tests that are there', () => {
    expect(coreTests.length).toBeGreaterThan(10);
    expect(coreTests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each([[[]], [['23']], [['--core']], [['24', '5']]])(
    'are named where %j does not name them',
    async (words) => {
      const { status, stderr } = await run(process.execPath, [index, ...words]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `Say which Node.js: ${lines.join(', ')}, newest or all\n`,
      });
    },
  );
});
