/** What the real duplicity selects, and what we select, from the same options. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDuplifsError } from '../../../src/base/index.js';
import {
  compileSelection,
  type FilesFrom,
  type SelectionOption,
} from '../../../src/backup/selection/index.js';
import { walkSource } from '../../../src/backup/walk/index.js';

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
    const walk = walkSource(folder, { selector, ...(filesFrom ? { filesFrom } : {}) });
    for await (const items of walk) {
      for (const { path } of items) paths.push(path === '' ? '.' : path);
    }
    return paths.sort();
  } catch (error) {
    if (isDuplifsError(error)) return { exitCode: error.exitCode };
    throw error;
  }
}

/** What duplicity selects of a tree whose paths are all in `candidates`; times for it are ISO dates. */
export async function selectedByDuplicity(
  options: readonly SelectionOption[],
  source: string,
  candidates: readonly string[],
  { cwd = '/', nullSeparator = false } = {},
): Promise<Selected> {
  const scratch = await mkdtemp(join(tmpdir(), 'duplifs-selection-'));
  try {
    const args = ['full', '--dry-run', '--no-encryption', '-v5'];
    args.push('--archive-dir', join(scratch, 'archive'), '--tempdir', scratch);
    if (nullSeparator) args.push('--null-separator');
    for (const [i, option] of options.entries()) {
      args.push(...(await argumentsOf(option, join(scratch, `list-${i}`))));
    }
    args.push(source, `file://${join(scratch, 'target')}`);
    const { status, output } = await run('duplicity', args, cwd);
    if (status !== 0) return { exitCode: status };
    // names may hold newlines, so they are looked for rather than read off
    const listed = `\n${output.slice(0, output.lastIndexOf('---[ Backup Statistics'))}`;
    return ['.', ...candidates].filter((path) => listed.includes(`\nA ${path}\n`)).sort();
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

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd, maxBuffer: 1 << 26, env: { ...process.env, LC_ALL: 'C.UTF-8' } };
    execFile(command, args, options, (error, output) => {
      resolve({ status: error === null ? 0 : Number(error.code), output });
    });
  });
}
