/** The help fits a screen, and what it says is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodes, splitWords } from '../../../src/base/index.js';
import {
  applyHelp,
  commandAt,
  exitCodeRows,
  guides,
  pathOf,
  shownCommands,
  storageUrls,
  topicsOf,
  topicText,
} from '../../../src/cli/help/index.js';
import { readLine } from '../../../src/cli/line/index.js';
import { personalityOf } from '../../../src/cli/personality.js';
import { newProgram } from '../../../src/cli/program.js';
import { parseTime } from '../../../src/time/index.js';
import { root } from '../../support/run.js';

const program = newProgram(personalityOf('duplifs', {}));
const commands = shownCommands(program);
const paths = commands.map(pathOf);
const doc = (path: string): string => readFileSync(join(root, path), 'utf8');

/** At 80 columns. */
function helpOf(command: Command): string {
  command.configureOutput({ getOutHelpWidth: () => 80 });
  return command.helpInformation();
}

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n');
}

describe('--help', () => {
  it.each(paths)('of %s fits a screen of 24 lines and 80 columns', (path) => {
    const command = commandAt(program, path.split(' '));
    const lines = linesOf(helpOf(command ?? program));
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('of all commands fits a screen, names each and says where there is more', () => {
    const text = helpOf(program);
    expect(linesOf(text).length, text).toBeLessThanOrEqual(28);
    expect(linesOf(text).filter((line) => line.length > 80)).toEqual([]);
    for (const command of program.commands) {
      const names = [command.name(), ...command.aliases()];
      const isShown = names.some((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text));
      expect(isShown, command.name()).toBe(command.name() !== 'remove-probe');
    }
    expect(text).toContain('duplifs help storage');
  });

  it('names no storage option and no default that says nothing', () => {
    for (const length of ['short', 'full'] as const) {
      const other = newProgram(personalityOf('duplifs', {}));
      applyHelp(other, length);
      for (const command of shownCommands(other)) {
        expect(helpOf(command), pathOf(command)).not.toMatch(/--s3-|default: (false|""|\[\])/);
      }
    }
  });
});

describe('--help-all', () => {
  it('names every option that is not hidden, but for those of storages, and where these are', () => {
    const full = newProgram(personalityOf('duplifs', {}));
    applyHelp(full, 'full');
    for (const command of shownCommands(full)) {
      const text = helpOf(command);
      const options = command.options.filter(({ hidden }) => !hidden);
      const own = options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined);
      for (const { flags } of own) expect(text).toContain(`  ${flags}`);
      expect(text.includes('Storage options: duplifs help storage'), pathOf(command)).toBe(
        own.length < options.length,
      );
    }
  });
});

describe('the guide', () => {
  it('of each command is there, and of nothing else', () => {
    expect(Object.keys(guides).toSorted()).toEqual(paths.toSorted());
  });

  it.each(paths)('of %s names options that it has, and codes that there are', (path) => {
    const options = commandAt(program, path.split(' '))?.options.map(({ long }) => long);
    for (const option of guides[path]?.options ?? []) expect(options).toContain(option);
    const known = new Set(exitCodeRows.flatMap(({ codes }) => codes));
    for (const code of guides[path]?.codes ?? []) {
      expect([...known]).toContain(typeof code === 'number' ? code : code[0]);
    }
  });

  it.each(paths)('of %s has examples that are read as that command', (path) => {
    const { examples = [] } = guides[path] ?? {};
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const [, line = ''] = /\bduplifs ([^|>)]*)/.exec(example) ?? [];
      const argv = splitWords(line.trim(), 'example');
      const { args } = readLine(argv, { program, isStrict: false, env: {} });
      const words = path.split(' ');
      const command = commandAt(program, words);
      const isGroup = command !== undefined && command.commands.length > 0;
      const [first = '', ...rest] = args;
      expect(commandAt(program, [first])?.name()).toBe(words[0]);
      if (command === undefined || isGroup) continue;
      const { operands, unknown } = command.parseOptions(rest.slice(words.length - 1));
      expect(unknown, example).toEqual([]);
      const wanted = command.registeredArguments.filter(({ required }) => required);
      expect(operands.length, example).toBeGreaterThanOrEqual(wanted.length);
    }
  });
});

describe('the topics', () => {
  it('fit a screen, but for the options of storages', () => {
    const [storage, time, codes] = topicsOf(program).map((topic) => {
      const helper = program.createHelp();
      helper.prepareContext({ helpWidth: 80 });
      return linesOf(topicText(topic, helper));
    });
    for (const lines of [storage, time, codes]) {
      expect(lines?.filter((line) => line.length > 80)).toEqual([]);
    }
    expect(time?.length).toBeLessThanOrEqual(24);
    expect(codes?.length).toBeLessThanOrEqual(40);
  });

  it('have the storages that docs/storage/README.md has', () => {
    const [, table = ''] = /\n(\| storage[^]*?)\n\n/.exec(doc('docs/storage/README.md')) ?? [];
    const documented = [...table.matchAll(/`([a-z\d]+):\/\//g)].map(([, scheme]) => scheme);
    const told = storageUrls
      .map(([url]) => url.split('://')[0])
      .filter((one) => one !== 'par2+URL');
    expect(told).toEqual([...new Set(documented)]);
  });

  it('have only times that are understood', () => {
    const time = topicsOf(program).find(({ name }) => name === 'time');
    const forms = time?.parts.flatMap((part) => (typeof part === 'string' ? [] : part.items)) ?? [];
    const noon = Date.UTC(2026, 10, 1, 12) / 1000;
    for (const form of forms.flatMap(([term]) => term.split(', '))) {
      expect(parseTime(form, noon), form).toBeGreaterThan(0);
    }
    expect(parseTime('1793534400', 0)).toBe(noon);
  });

  it('and docs/cli.md have every exit code, with the same words', () => {
    const told = exitCodeRows.flatMap(({ codes }) => codes);
    for (const [name, code] of Object.entries(exitCodes)) expect(told, name).toContain(code);
    const section = /## Exit codes\n([^]*?)\n## /.exec(doc('docs/cli.md'))?.[1] ?? '';
    const rows = [...section.matchAll(/^\| ([\d, ]+?) *\| (.*?) *\|$/gm)];
    expect(rows.map(([, codes, meaning]) => [codes, meaning])).toEqual(
      exitCodeRows.map(({ codes, meaning }) => [codes.join(', '), meaning]),
    );
  });
});
