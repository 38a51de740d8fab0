/**
 * Writes the table of duplicity's options into docs/duplicity-options.md, from the one table of options
 * (src/cli/options). `npm run docs:cli` runs it; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { optionLines } from '../dist/cli/options/document.js';
import { newProgram } from '../dist/cli/program.js';
import { personalityOf } from '../dist/cli/personality.js';

const document = fileURLToPath(new URL('../docs/duplicity-options.md', import.meta.url));
const marked = /(<!-- options: table -->\n)[^]*(\n<!-- end -->)/;
const table = optionLines(newProgram(personalityOf('duplifs', {}))).join('\n');
const text = readFileSync(document, 'utf8').replace(
  marked,
  (_, begin, end) => `${begin}\n${table}\n${end}`,
);
const options = { ...(await resolveConfig(document)), parser: 'markdown' };
writeFileSync(document, await format(text, options));
