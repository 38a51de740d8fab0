/** The one table of options has all of duplicity's, and the document is made from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { optionLines } from '../../../src/cli/options/document.js';
import { duplicityRows, longName, optionTable } from '../../../src/cli/options/index.js';
import { personalityOf } from '../../../src/cli/personality.js';
import { newProgram } from '../../../src/cli/program.js';
import { hasDuplicity } from '../../archive/duplicity.js';
import { root, runOk } from '../../support/run.js';

const names = new Set(
  duplicityRows().flatMap((row) => [longName(row), ...Object.keys(row.aliases ?? {})]),
);

describe('the table of options', () => {
  it.runIf(hasDuplicity)('has every option that the help of duplicity names', async () => {
    const help = await runOk('duplicity', ['--help']);
    const options = [...help.slice(help.indexOf('Options:')).matchAll(/--[\w-]+/g)].map(([o]) => o);
    expect(options.length).toBeGreaterThan(90);
    expect(options.filter((option) => !names.has(option))).toEqual([]);
  });

  it('has every option that the format lists (docs/format/2-behaviour.md 6.2)', () => {
    const text = readFileSync(join(root, 'docs/format/2-behaviour.md'), 'utf8');
    const section = text.slice(text.indexOf('### 6.2 Options'), text.indexOf('### 6.3'));
    const rows = section.split('\n').filter((line) => line.startsWith('| `--'));
    const options = rows.flatMap((line) => {
      const [, cell = ''] = line.split(/(?<!\\)\|/);
      return [...cell.matchAll(/`(--[a-z0-9-]+)(?:[ `])/g)].map(([, name = '']) => name);
    });
    expect(options.length).toBeGreaterThan(60);
    expect(options.filter((option) => !names.has(option) && !option.endsWith('-'))).toEqual([]);
  });

  it('says of each what duplifs makes of it', () => {
    for (const row of optionTable) {
      const { effect } = row;
      const why = effect.kind === 'same' ? 'x' : 'why' in effect ? effect.why : effect.instead;
      expect(why.length, longName(row)).toBeGreaterThan(0);
    }
  });

  it('is what docs/duplicity-options.md shows', async () => {
    const path = join(root, 'docs/duplicity-options.md');
    const text = readFileSync(path, 'utf8');
    const lines = optionLines(newProgram(personalityOf('duplifs', {})));
    const config = await resolveConfig(path);
    const table = await format(lines.join('\n'), { ...config, parser: 'markdown' });
    expect(text, 'Run: npm run docs:cli').toContain(table.trim());
  });
});
