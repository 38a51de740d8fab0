/**
 * Writes what `duplifs COMMAND --help` says into docs/cli.md: each section that is headed by a command has one
 * block of code for it. A section that says so has only the usage, its options being those of another command.
 * Run it with `npm run docs:cli` after a change to options; a test compares.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const duplifs = fileURLToPath(new URL('../bin/duplifs.js', import.meta.url));
const document = new URL('../docs/cli.md', import.meta.url);
const sections = readFileSync(document, 'utf8').split(/^(?=## )/m);
writeFileSync(document, sections.map(withHelp).join(''));

function withHelp(section) {
  const command = /^## ([a-z-]+)\n/.exec(section)?.[1];
  if (command === undefined) return section;
  const text = help(command).trimEnd();
  const isShort = section.includes('The options are those of');
  const shown = isShort ? text.slice(0, text.indexOf('\n\nOptions:')) : text;
  return section.replace(/```\n.*?```/s, () => `\`\`\`\n${shown}\n\`\`\``);
}

function help(command) {
  const env = { ...process.env, COLUMNS: '80' };
  const { status, stdout } = spawnSync(process.execPath, [duplifs, command, '--help'], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`There is no command "${command}"`);
  return stdout;
}
