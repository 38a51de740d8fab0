/**
 * The sources as JavaScript, for the child processes that the tests start (a process must never touch a
 * mount that it serves): types stripped file by file, in a temporary folder, once for each test file.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = ['src/base', 'src/mount', 'test/mount/support'];

let folder: string | undefined;

/** The path of the compiled form of a source, given from the root of the project. */
export function compiled(source: string): string {
  folder ??= compile();
  return join(folder, source.replace(/\.ts$/, '.js'));
}

/** Call it when the tests of the file are done. */
export function removeCompiled(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

function compile(): string {
  const out = mkdtempSync(join(tmpdir(), 'duplifs-compiled-'));
  chmodSync(out, 0o755); // some children run as other users
  symlinkSync(join(ROOT, 'node_modules'), join(out, 'node_modules'));
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  for (const source of SOURCES.flatMap(filesOf)) {
    const text = readFileSync(join(ROOT, source), 'utf8');
    const { outputText } = ts.transpileModule(text, { fileName: source, compilerOptions: options });
    const target = join(out, source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  return out;
}

function filesOf(source: string): string[] {
  return readdirSync(join(ROOT, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(source, name));
}
