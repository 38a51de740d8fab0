/** What contributors are told is what is run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run.js';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(text('package.json')) as {
  engines: { node: string };
  scripts: Record<string, string>;
};

describe('the files for contributors', () => {
  it('have public CI run what is run before a merge, and nothing else', () => {
    const commands = [...text('.github/workflows/ci.yml').matchAll(/^ +- run: (.*)$/gm)];
    expect(commands.map(([, command]) => command)).toEqual([
      'sudo --preserve-env=PATH bash .ci/run',
    ]);
  });

  it('have Node.js be one that package.json takes', () => {
    const major = Number(text('.nvmrc'));
    expect(major).toBe(Number(/>=(\d+)/.exec(manifest.engines.node)?.[1]));
  });

  it('name only scripts of npm that there are', () => {
    const named = [...text('CONTRIBUTING.md').matchAll(/npm run ([\w:]+)/g)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it('lead from SECURITY.md to what is promised', () => {
    for (const [, path = ''] of text('SECURITY.md').matchAll(/\]\(([\w/.]+)\)/g)) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
  });
});
