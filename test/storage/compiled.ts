/**
 * The storage room as JavaScript in a folder of its own, for tests that need another process: one that
 * is killed while it writes.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Compiled {
  readonly index: string;
  readonly folder: string;
  remove(): Promise<void>;
}

export async function compileStorage(): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'duplifs-compiled-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of ['base', 'storage']) {
    for (const path of await readdir(join(root, 'src', room), { recursive: true })) {
      if (!path.endsWith('.ts')) continue;
      const source = join(root, 'src', room, path);
      const target = join(folder, relative(join(root, 'src'), source).replace(/\.ts$/, '.js'));
      await mkdir(dirname(target), { recursive: true });
      const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      });
      await writeFile(target, outputText);
    }
  }
  return {
    folder,
    index: join(folder, 'storage', 'index.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
