/**
 * Writes what `duplifs COMMAND --help-all` says into docs/cli.md: each section that is headed by a command has one
 * block of code for it. The storage options, which most commands have, stand once, in a section of their own, and so do
 * the exit codes; a section that says that its options are those of another command has only the usage. Run it with
 * `npm run docs:cli` after a change to options; a test compares.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { exitCodeRows } from '../dist/cli/help/index.js';

const duplifs = fileURLToPath(new URL('../bin/duplifs.js', import.meta.url));
const document = fileURLToPath(new URL('../docs/cli.md', import.meta.url));
const sections = readFileSync(document, 'utf8').split(/^(?=## )/m);
const options = { ...(await resolveConfig(document)), parser: 'markdown' };
writeFileSync(document, await format(sections.map(withHelp).join(''), options));

function withHelp(section) {
  const title = /^## (.+)\n/.exec(section)?.[1] ?? '';
  if (title === 'Exit codes')
    return section.replace(/^\|.*\|\n(?:\|.*\|\n)+/m, () => exitCodeTable());
  if (title === 'Storage options') return withBlock(section, run('help', 'storage'));
  if (!/^[a-z-]+(?: [a-z]+)?$/.test(title)) return section;
  const text = run(...title.split(' '), '--help-all');
  const isShort = section.includes('options are those of');
  return withBlock(section, isShort ? text.slice(0, text.indexOf('\n\nOptions:')) : text);
}

function withBlock(section, text) {
  return section.replace(/```\n.*?```/s, () => `\`\`\`\n${text}\n\`\`\``);
}

function exitCodeTable() {
  const rows = exitCodeRows.map(({ codes, meaning }) => `| ${codes.join(', ')} | ${meaning} |\n`);
  return `| code | meaning |\n| --- | --- |\n${rows.join('')}`;
}

function run(...words) {
  const env = { ...process.env, COLUMNS: '80' };
  const { status, stdout } = spawnSync(process.execPath, [duplifs, ...words], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`There is no "duplifs ${words.join(' ')}"`);
  return stdout.trimEnd();
}
