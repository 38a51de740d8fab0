/**
 * Sources as JavaScript, for what cannot run inside a test: the threads that src/ starts, processes that
 * are killed, and processes that serve a mount (a process must never touch a mount that it serves). src/
 * is built as it is shipped, once a run; scripts of the tests have their types stripped and use that build.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { once } from './once.js';
import { built, root } from './run.js';

/** A module of src/, given as "src/…/name.ts", as it was built. Threads run that one. */
export async function builtModule<T>(source: string): Promise<T> {
  await built();
  const path = join(root, toJavaScript(source.replace(/^src\//, 'dist/')));
  return (await import(pathToFileURL(path).href)) as T;
}

/** The path of a script of the tests, given as "test/…/name.ts", as JavaScript. */
export async function compiledScript(source: string): Promise<string> {
  await built();
  return join(await once('compiled', compileTests), toJavaScript(source));
}

/** Everything under test/ that is no test, with the build and the dependencies where it looks for them. */
async function compileTests(folder: string): Promise<void> {
  for (const name of ['dist', 'node_modules', 'package.json']) {
    await symlink(join(root, name), join(folder, name));
  }
  for (const name of await readdir(join(root, 'test'), { recursive: true })) {
    if (!/(?<!\.d|\.test)\.ts$/.test(name)) continue;
    const text = await readFile(join(root, 'test', name), 'utf8');
    const target = join(folder, 'test', toJavaScript(name));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, strip(text.replaceAll('../src/', '../dist/')));
  }
}

function strip(typescript: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(typescript, { compilerOptions }).outputText;
}

function toJavaScript(path: string): string {
  return path.replace(/\.ts$/, '.js');
}
