/** What the real duplicity selects, and what we select, from the same options. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SigtarParser } from '../../../src/archive/index.js';
import { defined, isDuplifsError } from '../../../src/base/index.js';
import { compileSelection } from '../../../src/source/selection/index.js';
import type { FilesFrom, SelectionOption } from '../../../src/source/selection/index.js';
import { walkSource } from '../../../src/source/walk/index.js';
import { duplifsScript, run } from '../../support/run.js';

/** Whether duplicity is there. Where it must be (CI), tests run without it and fail. */
export const hasDuplicity =
  process.env['CI'] === 'true' || spawnSync('duplicity', ['--version']).status === 0;

/** The paths that are selected, "." for the root, in order; or the status of an error. */
export type Selected = readonly string[] | { readonly exitCode: number };

/** What we select. `source` is how it is given, `folder` where it is. */
export async function selectedByUs(
  options: readonly SelectionOption[],
  source: string,
  folder = source,
  more: { filesFrom?: FilesFrom; nullSeparator?: boolean } = {},
): Promise<Selected> {
  try {
    const { filesFrom, nullSeparator = false } = more;
    const selector = compileSelection(options, { source, nullSeparator });
    const paths: string[] = [];
    const walk = walkSource(folder, defined({ selector, filesFrom }));
    for await (const items of walk) {
      for (const { path } of items) paths.push(path === '' ? '.' : path);
    }
    return paths.sort();
  } catch (error) {
    if (isDuplifsError(error)) return { exitCode: error.exitCode };
    throw error;
  }
}

/** A question to duplicity about a tree whose paths are all in `candidates`. */
export interface DuplicityCase {
  readonly options: readonly SelectionOption[];
  readonly source: string;
  readonly candidates: readonly string[];
  readonly cwd?: string;
  readonly nullSeparator?: boolean;
}

/** What duplicity selects in each case. */
export async function selectedByDuplicity(cases: readonly DuplicityCase[]): Promise<Selected[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'duplifs-selection-'));
  try {
    const runs: Run[] = [];
    for (const [i, { options, source, cwd = '/', nullSeparator }] of cases.entries()) {
      const args = ['full', '--dry-run', '--no-encryption', '-v5'];
      args.push('--archive-dir', join(scratch, 'archive'), '--tempdir', scratch);
      if (nullSeparator === true) args.push('--null-separator');
      for (const [j, option] of options.entries()) {
        args.push(...(await argumentsOf(option, join(scratch, `list-${i}-${j}`))));
      }
      args.push(source, `file://${join(scratch, 'target')}`);
      runs.push({ args, cwd, output: join(scratch, `output-${i}`) });
    }
    const statuses = runDuplicity(runs);
    return cases.map(({ candidates }, i) => {
      if (statuses[i] !== 0) return { exitCode: statuses[i] ?? NaN };
      const output = readFileSync(runs[i]?.output ?? '', 'utf8');
      // names may hold newlines, so they are looked for rather than read off
      const listed = `\n${output.slice(0, output.lastIndexOf('---[ Backup Statistics'))}`;
      return ['.', ...candidates].filter((path) => listed.includes(`\nA ${path}\n`)).sort();
    });
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What the program selects: the paths of the sigtar that it writes. */
export async function selectedByProgram(question: DuplicityCase): Promise<Selected> {
  const { options, source, cwd = '/', nullSeparator = false } = question;
  const scratch = await mkdtemp(join(tmpdir(), 'duplifs-selection-'));
  try {
    const args = ['full', '--no-encryption', '--archive-dir', scratch, '--name', 'cache'];
    if (nullSeparator) args.push('--null-separator');
    for (const [i, option] of options.entries()) {
      args.push(...(await argumentsOf(option, join(scratch, `list-${i}`))));
    }
    args.push(source, `file://${join(scratch, 'target')}`);
    const { status, stderr } = await run(process.execPath, [duplifsScript, ...args], { cwd });
    if (status !== 0) return { exitCode: status ?? NaN };
    if (/internal error/.test(stderr)) throw new Error(stderr);
    const names = await readdir(join(scratch, 'cache'));
    const sigtar = names.find((name) => name.endsWith('.sigtar.gz')) ?? '';
    const paths: string[] = [];
    const nothing = (): void => undefined;
    const parser = new SigtarParser(sigtar, {
      entry: ({ path }) => paths.push(path === '' ? '.' : path),
      data: nothing,
      entryEnd: nothing,
    });
    parser.push(gunzipSync(readFileSync(join(scratch, 'cache', sigtar))));
    parser.end();
    return paths.sort();
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function argumentsOf(option: SelectionOption, list: string): Promise<string[]> {
  switch (option.kind) {
    case 'include':
    case 'exclude':
    case 'include-regexp':
    case 'exclude-regexp':
      return [`--${option.kind}`, option.pattern];
    case 'include-filelist':
    case 'exclude-filelist':
      await writeFile(list, option.content);
      return [`--${option.kind}`, list];
    case 'exclude-if-present':
      return [`--${option.kind}`, option.fileName];
    case 'exclude-older-than':
      return [`--${option.kind}`, new Date(option.timeSeconds * 1000).toISOString().slice(0, 10)];
    default:
      return [`--${option.kind}`];
  }
}

/**
 * Runs the duplicity program in children of one Python that has loaded its modules before: loading them
 * takes five times as long as the runs.
 */
const runner = `
import json, os, runpy, shutil, sys
try:
    from duplicity import backend, dup_main
    backend.import_backends()
except Exception:
    pass  # another version; it is only slower
runs = json.load(sys.stdin)
program = shutil.which('duplicity')
statuses = []
for run in runs:
    child = os.fork()
    if child == 0:
        os.chdir(run['cwd'])
        output = os.open(run['output'], os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = [program] + run['args']
        status = 0
        try:
            runpy.run_path(program, run_name='__main__')
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            status = 255
        sys.stdout.flush()
        os._exit(status)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
json.dump(statuses, sys.stdout)
`;

interface Run {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly output: string;
}

function runDuplicity(runs: readonly Run[]): number[] {
  const python = '/usr/bin/python3'; // the one that Debian's duplicity runs in
  const done = spawnSync(python, ['-c', runner], {
    input: JSON.stringify(runs),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout) as number[];
}
