/** The examples of docs/library.md and of the library's docstrings run as they stand, against a backup of two sets. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { withFolder } from '../support/folders.js';
import { once } from '../support/once.js';
import { built, duplifs, root } from '../support/run.js';

interface Example {
  readonly place: string;
  readonly code: string;
}

const page = await readFile(join(root, 'docs/library.md'), 'utf8');
const onPage = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
const inDocstrings = await docstringExamples();

/** What stands between "@example" and the next tag, in every source. */
async function docstringExamples(): Promise<Example[]> {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const examples: Example[] = [];
  for (const place of names.filter((name) => name.endsWith('.ts')).toSorted()) {
    const source = await readFile(join(root, 'src', place), 'utf8');
    for (const [comment] of source.matchAll(/\/\*\*.*?\*\//gs)) {
      const plain = comment.replaceAll(/^ *\* ?/gm, '');
      for (const [, code = ''] of plain.matchAll(/^@example\n```js\n(.*?)^```$/gms)) {
        examples.push({ place, code });
      }
    }
    const tags = source.match(/@example/g)?.length ?? 0;
    expect(examples.filter((example) => example.place === place).length, place).toBe(tags);
  }
  return examples;
}

/** A folder that was backed up twice: `source`, `backup`. */
async function backup(): Promise<string> {
  const folder = await once('library-examples', async (folder) => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'notes'), { recursive: true });
    await writeFile(join(source, 'notes/today.txt'), 'buy milk');
    await writeFile(join(source, 'notes/plan.txt'), 'rest');
    for (const [words, time] of [
      ['full', '1700000000'],
      ['incremental', '1700086400'],
    ] as const) {
      const args = ['--current-time', time, '--archive-dir', join(folder, 'archive')];
      const made = await duplifs([words, ...args, source, `file://${folder}/backup`], {
        env: { PASSPHRASE: 'secret' },
      });
      expect(made, made.stderr).toMatchObject({ status: 0 });
      await writeFile(join(source, 'notes/today.txt'), 'buy milk and bread');
    }
  });
  return `file://${folder}/backup`;
}

/** What an example prints, run in a folder. */
async function shownBy(code: string, folder: string): Promise<string[]> {
  const imports = code.match(/^import .*\n/gm) ?? [];
  const program = `process.chdir(${JSON.stringify(folder)});\n${code.replaceAll(/^import .*\n/gm, '')}`;
  // 'duplifs' is found from within its checkout, wherever the example's own files go
  const child = spawn(process.execPath, ['--input-type=module'], {
    cwd: root,
    env: {
      ...process.env,
      PASSPHRASE: 'secret',
      BACKUP_URL: await backup(),
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(`${imports.join('')}${program}`);
  const [shown, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(errors).toBe('');
  return shown.trimEnd().split('\n');
}

describe('the examples of the library', () => {
  it('on the page open a backup, list it, read a file and restore a folder', async () => {
    expect(onPage).toHaveLength(1);
    await built();
    await withFolder(async (folder) => {
      expect(await shownBy(onPage[0] ?? '', folder)).toEqual([
        expect.stringMatching(/^inc 2023-11-15T/),
        expect.stringMatching(/^full 2023-11-14T/),
        'dir ',
        'dir notes',
        'reg notes/plan.txt',
        'reg notes/today.txt',
        'buy milk and bread',
        '3 entries restored, 0 failed',
      ]);
      const restored = join(folder, 'restored-notes/today.txt');
      expect(await readFile(restored, 'utf8')).toBe('buy milk and bread');
    });
  });

  it.each(inDocstrings)('in $place print what they say', async ({ code }) => {
    const said = [...code.matchAll(/\/\/ prints (.*)$/gm)].flatMap(([, lines = '']) =>
      lines.split(', then '),
    );
    expect(said.length).toBeGreaterThan(0);
    await built();
    await withFolder(async (folder) => {
      expect(await shownBy(code, folder)).toEqual(said);
    });
  });

  it('show each function that there is', () => {
    const all = [...onPage, ...inDocstrings.map(({ code }) => code)].join('\n');
    const functions = Object.entries(library).filter(
      ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
    );
    expect(functions.length).toBeGreaterThan(8);
    const lacking = functions.filter(([name]) => !new RegExp(`\\b${name}\\(`).test(all));
    expect(lacking.map(([name]) => name)).toEqual([]);
  });
});
