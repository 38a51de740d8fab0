/**
 * Draws the rooms of src/ into docs/design.md, between its markers: the table from rooms.js, the picture from the imports
 * that there are. `npm run docs:picture` writes; with `--check` (part of `npm run lint`) it fails when the document is not
 * what it would write, or when rooms.js and src/ do not name the same rooms.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { format } from 'prettier';
import settings from '../.dependency-cruiser.js';
import { mayUse, rooms } from '../rooms.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = new URL('../docs/design.md', import.meta.url);
const isCheck = process.argv.includes('--check');

const folders = readdirSync(new URL('../src', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
for (const name of folders) if (!(name in rooms)) fail(`src/${name}/ is not in rooms.js`);
for (const name of Object.keys(rooms)) {
  if (!folders.includes(name)) fail(`rooms.js names src/${name}/, which is not there`);
}

const arrows = await roomArrows();
for (const [room, other] of arrows) {
  if (!mayUse(room, other)) fail(`src/${room}/ uses src/${other}/, which rooms.js does not allow`);
}

const before = readFileSync(document, 'utf8');
const drawn = replaced(replaced(before, 'table', table()), 'picture', picture());
const text = await format(drawn, { parser: 'markdown', printWidth: 100 });
if (isCheck) {
  if (text !== before)
    fail('docs/design.md does not show the rooms as they are. Run: npm run docs:picture');
} else {
  writeFileSync(document, text);
}

/** Who imports from whom, `base` left out: every room may use it. */
async function roomArrows() {
  const { output } = await cruise(['src'], { baseDir: root, ...settings.options });
  const found = new Map();
  for (const { source, dependencies } of output.modules) {
    const room = roomOf(source);
    for (const { resolved } of dependencies) {
      const other = roomOf(resolved);
      if (room === undefined || other === undefined || room === other || other === 'base') continue;
      found.set(`${room} ${other}`, [room, other]);
    }
  }
  return [...found.values()].toSorted((a, b) => `${a}`.localeCompare(`${b}`));
}

function roomOf(path) {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function table() {
  const rows = Object.entries(rooms).map(([name, { holds, mayUse: used }]) => {
    const list = used.includes('*') ? 'every room' : used.map((one) => `\`${one}\``).join(', ');
    return `| \`${name}/\` | ${holds} | ${list || 'nothing'} |`;
  });
  return ['| room | holds | may use |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The command line may use every room and would only cover the others with arrows. */
function picture() {
  const lines = arrows
    .filter(([room]) => room !== 'cli')
    .map(([room, other]) => `  ${room} --> ${other}`);
  return ['```mermaid', 'flowchart TD', ...lines, '```'].join('\n');
}

function replaced(whole, name, content) {
  const pattern = new RegExp(`(<!-- rooms: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!pattern.test(whole)) fail(`docs/design.md has no place for the ${name}`);
  return whole.replace(pattern, (_, begin, end) => `${begin}\n${content}\n\n${end}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
