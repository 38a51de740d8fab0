/**
 * Joins the compiled program into a few files, dist/program: Node.js takes a millisecond for each module that it
 * loads, and there are hundreds. `npm run build` calls it after the compiler. Dependencies stay where they are, but
 * for zod and execa, which have a hundred modules each with what they need; their licences go with them.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
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
const joined = withDependencies(['zod', 'execa']);

rmSync(program, { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    duplifs: join(dist, 'cli/index.js'),
    'mount-helper': join(dist, 'cli/mount-helper.js'),
    completion: join(dist, 'cli/completion/entry.js'),
    // threads of their own, named by who starts them
    'read-thread': join(dist, 'backup/reading/read-thread.js'),
    'sum-thread': join(dist, 'backup/reading/sum-thread.js'),
    'walk-thread': join(dist, 'source/walk/walk-thread.js'),
    'volume-thread': join(dist, 'backup/spool/volume-thread.js'),
  },
  platform: 'node',
  // a thread loads what it uses of a room, and not all that the room's index names
  treeshake: { moduleSideEffects: false },
  external: (id) =>
    !/^[./\0]/.test(id) && !joined.some((name) => id === name || id.startsWith(`${name}/`)),
});
await bundle.write({ dir: program, format: 'esm' });
await bundle.close();
for (const name of joined) {
  const file = readdirSync(folderOf(name)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (file === undefined) throw new Error(`The package "${name}" has no licence beside it`);
  copyFileSync(join(folderOf(name), file), join(program, `LICENSE.${name.replace('/', '+')}`));
}

// what completion knows of the commands, and the scripts for the shells
const { completionSpec } = await import('../dist/cli/completion/spec.js');
const { newProgram } = await import('../dist/cli/program.js');
const { personalityOf } = await import('../dist/cli/personality.js');
const spec = completionSpec(newProgram(personalityOf('duplifs', {})));
writeFileSync(join(program, 'completion.json'), JSON.stringify(spec));
cpSync(join(root, 'src/cli/completion/shells'), join(program, 'completions'), { recursive: true });

/** The packages and all that they depend on. */
function withDependencies(names) {
  const found = new Set();
  const look = (name) => {
    if (found.has(name)) return;
    found.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folderOf(name), 'package.json')));
    for (const dependency of Object.keys(dependencies)) look(dependency);
  };
  for (const name of names) look(name);
  return [...found];
}

/** Where npm has put a package that others need too: it is not hidden in one of them. */
function folderOf(name) {
  const folder = join(root, 'node_modules', name);
  if (!existsSync(folder)) throw new Error(`The package "${name}" is not in node_modules itself`);
  return folder;
}
