/** What the documents say of the program, and where they lead, is so. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyHelp, pathOf, shownCommands } from '../../src/cli/help/index.js';
import { personalityOf } from '../../src/cli/personality.js';
import { newProgram } from '../../src/cli/program.js';
import { isStorageOption } from '../../src/cli/storage-options.js';
import { duplifs, root } from '../support/run.js';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const documents = tracked.filter((path) => path.endsWith('.md'));

async function askForHelp(command: string): Promise<string> {
  const words = command.split(' ').filter((word) => word !== '');
  const { status, stdout, stderr } = await duplifs([...words, '--help-all'], {
    env: { COLUMNS: '80' },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

const program = newProgram(personalityOf('duplifs', {}));
applyHelp(program, 'full');
process.env['COLUMNS'] = '80';
const commands = shownCommands(program);

function beforeOptions(helpText: string): string {
  return helpText.slice(0, helpText.indexOf('\n\nOptions:'));
}

function optionsOf(helpText: string): string {
  return /\n\nOptions:\n([^]*?)\n\n/.exec(helpText)?.[1] ?? '';
}

function blockOf(section: string | undefined): string {
  return /```\n(.*?)\n```/s.exec(section ?? '')?.[1] ?? '';
}

describe('docs/cli.md', { timeout: 300_000 }, () => {
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
    expect(commands.length).toBeGreaterThan(40);
    const helps = new Map(commands.map((one) => [pathOf(one), one.helpInformation().trimEnd()]));
    for (const [command, text] of helps) {
      const section = sections.get(command);
      expect(section, command).toBeDefined();
      const other = /options are those of \[([a-z-]+)\]/.exec(section ?? '')?.[1];
      const expected = other === undefined ? text : beforeOptions(text);
      expect(blockOf(section), 'Run: npm run docs:cli').toBe(expected);
      if (other === undefined) continue;
      expect(optionsOf(text)).toBe(optionsOf(helps.get(other) ?? ''));
    }
    // as the program prints it
    for (const command of ['restore', 'key export']) {
      expect((await askForHelp(command)).trimEnd()).toBe(helps.get(command));
    }
  });

  it('has the storage options of all commands once', async () => {
    const shown = blockOf(sections.get('Storage options'));
    const { stdout } = await duplifs(['help', 'storage'], { env: { COLUMNS: '80' } });
    expect(shown, 'Run: npm run docs:cli').toBe(stdout.trimEnd());
    for (const command of commands) {
      const isNamed = sections
        .get(pathOf(command))
        ?.includes('[storage options](#storage-options)');
      const flags = command.options.filter(isStorageOption).map((option) => option.flags);
      expect(isNamed, pathOf(command)).toBe(flags.length > 0);
      for (const one of flags) expect(shown).toContain(`  ${one}`);
    }
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

describe('docs/design.md', () => {
  it('names only sources that are there in its paths through the house', () => {
    const [, paths = ''] =
      /## Five paths through the house\n(.*?)\n## /s.exec(text('docs/design.md')) ?? [];
    const named = [...paths.matchAll(/`([\w/-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, 'src', path)))).toEqual([]);
  });
});

describe('docs/security.md', () => {
  it('names tests that are there', () => {
    const named = [...text('docs/security.md').matchAll(/`([\w/-]+\.test\.ts)`/g)];
    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter(([, path = '']) => !existsSync(join(root, 'test', path)));
    expect(missing.map(([path]) => path)).toEqual([]);
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
