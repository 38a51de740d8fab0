/**
 * Joins the compiled program into a few files, dist/program: Node.js takes a millisecond for each module that it
 * loads, and there are hundreds. `npm run build` calls it after the compiler. Dependencies stay where they are, but
 * for zod and execa, which have a hundred modules each with what they need; their licences go with them.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const program = join(dist, 'program');
const joined = withDependencies([
  ...['zod', 'execa', 'p-map', 'p-queue', 'p-retry', 'webdav', 'compress-commons'],
  ...['commander', 'lru-cache', 'cli-progress', 'tar-stream', 'unbzip2-stream'],
]);

/** The file of all that every command needs, of which V8's code is kept (scripts/keep-code.js). */
const core = 'core';

/**
 * What the program's core imports when it needs it, it imports by its loader (bin/load-program.js): a script that V8 has code
 * of cannot by itself. Node.js' own loader has no such function, and needs none.
 */
const importByLoader = {
  name: 'import-by-loader',
  renderChunk: (code, { name }) =>
    name === core
      ? code.replaceAll(/(?<![\w.])import\((?=")/g, '(require.import ?? ((name) => import(name)))(')
      : undefined,
};

rmSync(program, { recursive: true, force: true });
await joinInto('cjs', { duplifs: 'cli/index.js' });
await joinInto('esm', {
  'mount-helper': 'cli/mount-helper.js',
  completion: 'cli/completion/entry.js',
  // what other programs import (docs/library.md)
  library: 'index.js',
  // threads of their own, named by who starts them
  'read-thread': 'backup/reading/read-thread.js',
  'sum-thread': 'backup/reading/sum-thread.js',
  'walk-thread': 'source/walk/walk-thread.js',
  'volume-thread': 'backup/spool/volume-thread.js',
});
for (const name of joined) {
  const file = readdirSync(folderOf(name)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  const copy = join(program, `LICENSE.${name.replace('/', '+')}`);
  if (file === undefined) writeFileSync(copy, statedLicence(name));
  else copyFileSync(join(folderOf(name), file), copy);
}

// SQLite for releases of Node.js that have none of their own (src/sqlite/engine.ts), with its licence
const sqlite = join(root, 'node_modules/@photostructure/sqlite');
const native = join(dist, 'native');
rmSync(native, { recursive: true, force: true });
mkdirSync(native);
for (const system of ['linux-x64', 'linux-arm64']) {
  const build = join(sqlite, 'prebuilds', system, '@photostructure+sqlite.glibc.node');
  copyFileSync(build, join(native, `sqlite-${system}.node`));
}
copyFileSync(join(sqlite, 'LICENSE'), join(native, 'LICENSE.@photostructure+sqlite'));

// what completion knows of the commands, and the scripts for the shells
const { completionSpec } = await import('../dist/cli/completion/spec.js');
const { newProgram } = await import('../dist/cli/program.js');
const { personalityOf } = await import('../dist/cli/personality.js');
const spec = completionSpec(newProgram(personalityOf('duplifs', {})));
writeFileSync(join(program, 'completion.json'), JSON.stringify(spec));
cpSync(join(root, 'src/cli/completion/shells'), join(program, 'completions'), { recursive: true });

/** Joins what each entry, a path below dist, needs into files of their own and files that they share. */
async function joinInto(format, entries) {
  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, path]) => [name, join(dist, path)]),
    ),
    platform: 'node',
    plugins: format === 'cjs' ? [importByLoader] : [],
    // a thread loads what it uses of a room, and not all that the room's index names
    treeshake: { moduleSideEffects: false },
    external: (id) =>
      !/^[./\0]/.test(id) && !joined.some((name) => id === name || id.startsWith(`${name}/`)),
  });
  const extension = format === 'cjs' ? 'cjs' : 'js';
  await bundle.write({
    dir: program,
    format,
    strict: true, // as modules are
    ...(format === 'cjs' && { codeSplitting: { groups: [{ name: core, tags: ['$initial'] }] } }),
    entryFileNames: `[name].${extension}`,
    chunkFileNames: ({ name }) =>
      name === core ? `[name].${extension}` : `[name]-[hash].${extension}`,
  });
  await bundle.close();
}

/** What a package says of its licence that has no file of it. */
function statedLicence(name) {
  const { license, author, homepage, repository } = packageOf(name);
  if (license === undefined) throw new Error(`The package "${name}" does not say its licence`);
  const by = typeof author === 'object' ? author.name : author;
  return `${name}: ${license}\n${by ?? ''}\n${homepage ?? repository?.url ?? ''}\n`;
}

/** The packages and all that they depend on. */
function withDependencies(names) {
  const found = new Set();
  const look = (name) => {
    if (found.has(name)) return;
    found.add(name);
    const { dependencies = {} } = packageOf(name);
    for (const dependency of Object.keys(dependencies)) look(dependency);
  };
  for (const name of names) look(name);
  return [...found];
}

function packageOf(name) {
  return JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'));
}

/** Where npm has put a package that others need too: it is not hidden in one of them. */
function folderOf(name) {
  const folder = join(root, 'node_modules', name);
  if (!existsSync(folder)) throw new Error(`The package "${name}" is not in node_modules itself`);
  return folder;
}
