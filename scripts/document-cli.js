/**
 * Writes what `duplifs COMMAND --help` says into docs/cli.md: each section that is headed by a command has one
 * block of code for it. The storage options, which most commands have, stand once, in a section of their own; a
 * section that says that its options are those of another command has only the usage. Run it with
 * `npm run docs:cli` after a change to options; a test compares.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const duplifs = fileURLToPath(new URL('../bin/duplifs.js', import.meta.url));
const document = new URL('../docs/cli.md', import.meta.url);
const storageGroup = /\n\n(Storage options:(?:\n {2}.*)+)/;
const sections = readFileSync(document, 'utf8').split(/^(?=## )/m);
writeFileSync(document, sections.map(withHelp).join(''));

function withHelp(section) {
  const title = /^## (.+)\n/.exec(section)?.[1] ?? '';
  if (title === 'Storage options') return withBlock(section, storageGroup.exec(help('mount'))[1]);
  if (!/^[a-z-]+(?: [a-z]+)?$/.test(title)) return section;
  const text = help(title).trimEnd();
  const isShort = section.includes('options are those of');
  const shown = isShort ? text.slice(0, text.indexOf('\n\nOptions:')) : text;
  return withBlock(section, shown.replace(storageGroup, ''));
}

function withBlock(section, text) {
  return section.replace(/```\n.*?```/s, () => `\`\`\`\n${text}\n\`\`\``);
}

function help(command) {
  const env = { ...process.env, COLUMNS: '80' };
  const { status, stdout } = spawnSync(
    process.execPath,
    [duplifs, ...command.split(' '), '--help'],
    {
      env,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`There is no command "${command}"`);
  return stdout;
}
