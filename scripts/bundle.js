/**
 * Joins the compiled program into a few files, dist/program: Node.js takes a millisecond for each module that it
 * loads, and there are hundreds. `npm run build` calls it after the compiler. Dependencies stay where they are, but
 * for zod, which alone has a hundred modules; its licence goes with it.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const program = join(dist, 'program');
const joined = ['zod'];

rmSync(program, { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    duplifs: join(dist, 'cli/index.js'),
    'mount-helper': join(dist, 'cli/mount-helper.js'),
    // threads of their own, named by who starts them
    'read-thread': join(dist, 'backup/reading/read-thread.js'),
    'sum-thread': join(dist, 'backup/reading/sum-thread.js'),
    'walk-thread': join(dist, 'source/walk/walk-thread.js'),
    'volume-thread': join(dist, 'backup/spool/volume-thread.js'),
  },
  platform: 'node',
  // a thread loads what it uses of a room, and not all that the room's index names
  treeshake: { moduleSideEffects: false },
  external: (id) => !/^[./\0]/.test(id) && !joined.includes(id),
});
await bundle.write({ dir: program, format: 'esm' });
await bundle.close();
for (const name of joined) {
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  copyFileSync(join(folder, 'LICENSE'), join(program, `LICENSE.${name}`));
}
