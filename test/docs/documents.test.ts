/** What the documents say of the program, and where they lead, is so. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/base/index.js';
import { duplifs, root } from '../support/run.js';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const documents = tracked.filter((path) => path.endsWith('.md'));

async function help(command: string): Promise<string> {
  const { status, stdout, stderr } = await duplifs([command, '--help'], { env: { COLUMNS: '80' } });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('docs/cli.md', () => {
  const sections = new Map(
    text('docs/cli.md')
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [title = ''] = section.split('\n');
        return [title, section.slice(title.length)] as const;
      }),
  );

  it('has a section for each command, with its help', async () => {
    const { stdout } = await duplifs(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+)(?:\|[a-z]+)? \[options\]/gm)];
    expect(commands.length).toBeGreaterThan(5);
    for (const [, command = ''] of commands) {
      const section = sections.get(command);
      expect(section, command).toBeDefined();
      const shown = /```\n(.*?)\n```/s.exec(section ?? '')?.[1] ?? '';
      const text = (await help(command)).trimEnd();
      const isShort = section?.includes('The options are those of') === true;
      const expected = isShort ? text.slice(0, text.indexOf('\n\nOptions:')) : text;
      expect(shown, 'Run: npm run docs:cli').toBe(expected);
    }
  });

  it('names every exit code', () => {
    const table = sections.get('Exit codes') ?? '';
    const rows = [...table.matchAll(/^\| ([\d, ]+?) *\|/gm)].map(([, codes = '']) => codes);
    const named = new Set(rows.flatMap((codes) => codes.split(', ').map(Number)));
    for (const [code, status] of Object.entries(exitCodes)) expect(named, code).toContain(status);
  });
});

describe('the documents', () => {
  it('lead to each other', () => {
    expect(documents.flatMap(linksOf).length).toBeGreaterThan(20);
  });

  it.each(documents)('%s leads only to files that are there', (document) => {
    for (const link of linksOf(document)) {
      expect(existsSync(join(root, dirname(document), link)), link).toBe(true);
    }
  });
});

describe('the sources', () => {
  it('refer to documents that are there', () => {
    const named = tracked
      .filter((path) => /\.(ts|js|sh|md)$/.test(path))
      .flatMap((path) => {
        const all = text(path).matchAll(/\b(?:docs|native-notes)\/[\w/.-]+\.md\b/g);
        return [...all].map(([document]) => ({ path, document }));
      });
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ document }) => !existsSync(join(root, document)))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('names no registry, so that each takes its own', () => {
    expect(text('package-lock.json')).not.toMatch(/"resolved":|registry\./);
  });
});

/** The links of a document to files of ours. */
function linksOf(document: string): string[] {
  const links = [...text(document).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)];
  return links.map(([, link = '']) => link);
}
