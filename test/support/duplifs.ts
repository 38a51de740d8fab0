/** The command `duplifs` as users run it: compiled sources in a process of its own. */
import { execFile } from 'node:child_process';
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

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Put before the command, such as ["setpriv", "--reuid", "1000"]. */
  readonly wrapper?: readonly string[];
  readonly seconds?: number;
}

let compiledAt: string | undefined;

/** Sources under `dist/` as the package has them (and helpers of tests), once for each test file. */
export function compiledFolder(): string {
  if (compiledAt !== undefined) return compiledAt;
  const out = mkdtempSync(join(tmpdir(), 'duplifs-compiled-'));
  compiledAt = out;
  chmodSync(out, 0o755); // some run it as other users
  process.once('exit', () => {
    rmSync(out, { recursive: true, force: true });
  });
  symlinkSync(join(root, 'node_modules'), join(out, 'node_modules'));
  writeFileSync(join(out, 'package.json'), readFileSync(join(root, 'package.json')));
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  for (const [from, to] of [
    ['src', 'dist'],
    ['test/support', 'test/support'],
    ['test/catalog', 'test/catalog'],
  ] as const) {
    for (const name of readdirSync(join(root, from), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.d.ts') || name.endsWith('.test.ts')) continue;
      const text = readFileSync(join(root, from, name), 'utf8').replaceAll('../src/', '../dist/');
      const { outputText } = ts.transpileModule(text, { fileName: name, compilerOptions: options });
      const target = join(out, to, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
  mkdirSync(join(out, 'bin'));
  // the modules as they are; test/cli/built.test.ts runs the few files that they are joined into
  const program = readFileSync(join(root, 'bin/duplifs.js'), 'utf8');
  const modules = program.replace('dist/program/duplifs.js', 'dist/cli/index.js');
  writeFileSync(join(out, 'bin/duplifs.js'), modules);
  return out;
}

/** Runs a command to its end. A run that takes too long is killed and has the code "timeout". */
export async function duplifs(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...rest] = [
    ...(options.wrapper ?? []),
    process.execPath,
    join(compiledFolder(), 'bin/duplifs.js'),
    ...args,
  ];
  return new Promise((resolve) => {
    execFile(
      program,
      rest,
      {
        encoding: 'buffer',
        maxBuffer: 1 << 28,
        timeout: (options.seconds ?? 50) * 1000,
        killSignal: 'SIGKILL',
        env: { ...process.env, PASSPHRASE: undefined, ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.killed === true ? 'timeout' : (error.code ?? null);
        resolve({ code, stdout, stderr: stderr.toString() });
      },
    ).stdin?.end();
  });
}

/** Anything a user should never see. */
export function isTraceback(text: string): boolean {
  return /internal error|^\s+at .*\(|node:internal|Unhandled/m.test(text);
}
