/** Random trees and random rules, for comparing our choice with duplicity's. */
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { SelectionOption } from '../../../src/source/selection/index.js';
import { selectedByDuplicity, selectedByProgram, selectedByUs } from './duplicity.js';
import type { DuplicityCase, Selected } from './duplicity.js';

/** Devices and other file systems can be had by root only. */
const isRoot = process.getuid?.() === 0;
/** The folder that is a file system of its own, where a sample has one. */
const mountName = 'm';

const names = [
  mountName,
  'a',
  'b',
  'ab',
  'a.txt',
  'b.log',
  'A',
  'x',
  '[b]',
  'a*',
  'é',
  'n\nl',
  '.h',
];
const patterns =
  `* ** a* *b ? [ab] [!a] [^b] [a-c]* **.txt a**b *.* [[]b] a[*] [ []a] b[ [a-] *** ?b
  **a b** [!]a] [^] .* *é [é] [z-a]`.split(/\s+/);
const regexps = ['\\.txt$', '/a/', 'a', 'b$', '[ab]/x', '(a|b)/', '/[^/]*\\.log', '\\w\\.', 'x|é'];
const seconds = [2001, 2005, 2009].map((year) => Date.UTC(year, 5, 1) / 1000);
const sinceSeconds = Date.UTC(2005, 0, 1) / 1000;

const component = fc.oneof(fc.constantFrom(...names), fc.constantFrom(...patterns));

/** A glob, in which "S" stands for the source. */
const glob = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('S') },
      { weight: 2, arbitrary: fc.constant('**') },
      { weight: 1, arbitrary: fc.constantFrom('/**', '', '/*', 'T', 'U') },
    ),
    fc.array(component, { maxLength: 4 }),
    fc.constantFrom('', '', '', '', '', '/', '//'),
    fc.constantFrom('', '', '', '', 'ignorecase:'),
  )
  .map(([start, parts, end, prefix]) => `${prefix}${[start, ...parts].join('/') || '/'}${end}`);

const line = fc
  .tuple(
    fc.constantFrom('', '', '+ ', '- ', ' ', '- "', '#', "'", '+  '),
    glob.filter((text) => !text.includes('\n')),
    fc.constantFrom('', '', ' ', '"', "'", '\r'),
  )
  .map((parts) => parts.join(''));

const option: fc.Arbitrary<SelectionOption> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('include', 'exclude'), pattern: glob }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('include-regexp', 'exclude-regexp'),
      pattern: fc.constantFrom(...regexps),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('include-filelist', 'exclude-filelist'),
      name: fc.constant('list'),
      content: fc.array(line, { maxLength: 3 }).map((lines) => Buffer.from(lines.join('\n'))),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('exclude-if-present'),
      fileName: fc.constantFrom('a', 'x', '.h'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('exclude-older-than'),
      timeSeconds: fc.constant(sinceSeconds),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('exclude-device-files', 'exclude-other-filesystems'),
    }),
  },
);

interface File {
  readonly parts: readonly string[];
  readonly kind: 'file' | 'link' | 'device' | 'fifo';
  readonly mtimeSeconds: number;
}

const file: fc.Arbitrary<File> = fc.record({
  parts: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('file' as const) },
    { weight: 2, arbitrary: fc.constant('link' as const) },
    { weight: 1, arbitrary: fc.constantFrom('device' as const, 'fifo' as const) },
  ),
  mtimeSeconds: fc.constantFrom(...seconds),
});

const selection = fc.record({
  files: fc.array(file, { minLength: 5, maxLength: 40 }),
  options: fc.array(option, { maxLength: 5 }),
  excludeRest: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  hasMount: fc.integer({ min: 0, max: 2 }).map((n) => n === 0 && isRoot),
  nullSeparator: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});

/** Checks that we select what duplicity does, in `count` random cases. */
export async function compareSelections(count: number): Promise<void> {
  await compare(count, ({ options, source, nullSeparator = false }) =>
    selectedByUs(options, source, source, { nullSeparator }),
  );
}

/** Checks that the program selects what duplicity does when both get the same arguments. */
export async function compareCommandLines(count: number): Promise<void> {
  await compare(count, selectedByProgram);
}

async function compare(
  count: number,
  select: (question: DuplicityCase) => Promise<Selected>,
): Promise<void> {
  const seed = randomInt(2 ** 31);
  const top = join(tmpdir(), `duplifs-random-${randomBytes(8).toString('hex')}`);
  mkdirSync(top);
  const mounts: string[] = [];
  try {
    const samples = fc.sample(selection, { numRuns: count, seed });
    const cases = samples.map((sample, i): DuplicityCase => {
      const { files, options, excludeRest, hasMount, nullSeparator } = sample;
      const source = join(top, `s${i}`);
      const all = options.map((given) => withSource(given, source, nullSeparator));
      if (excludeRest) all.push({ kind: 'exclude', pattern: '**' });
      mkdirSync(source);
      if (hasMount) mounts.push(mountTmpfs(join(source, mountName)));
      const candidates = makeTree(source, files, hasMount ? [mountName] : []);
      return { options: all, source, candidates, nullSeparator };
    });
    const theirs = await selectedByDuplicity(cases);
    for (const [i, question] of cases.entries()) {
      const expected = theirs[i];
      // where duplicity breaks down over a range that runs backwards, we name the pattern
      const broken = JSON.stringify(expected) === '{"exitCode":30}';
      const ours = await select(question);
      const sample = { seed, sample: i, options: question.options };
      expect({ ...sample, selected: ours }).toEqual({
        ...sample,
        selected: broken ? { exitCode: 15 } : expected,
      });
    }
  } finally {
    for (const path of mounts) execFileSync('umount', ['-l', path]);
    rmSync(top, { recursive: true });
  }
}

/** Makes what can be made of the files; returns all paths. */
function makeTree(source: string, files: readonly File[], folders: readonly string[]): string[] {
  const paths = new Set<string>(folders);
  const leaves = new Set<string>();
  for (const { parts, kind, mtimeSeconds } of files) {
    const path = parts.join('/');
    const above = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'));
    if (paths.has(path) || above.some((folder) => leaves.has(folder))) continue;
    leaves.add(path);
    mkdirSync(dirname(join(source, path)), { recursive: true });
    makeFile(join(source, path), kind);
    if (kind !== 'link') utimesSync(join(source, path), mtimeSeconds, mtimeSeconds);
    for (const folder of above) paths.add(folder);
    paths.add(path);
  }
  return [...paths];
}

function makeFile(path: string, kind: File['kind']): void {
  if (kind === 'link') symlinkSync('..', path);
  else if (kind === 'fifo') execFileSync('mkfifo', [path]);
  else if (kind === 'device' && isRoot) execFileSync('mknod', [path, 'c', '1', '3']);
  else writeFileSync(path, 'x');
}

function mountTmpfs(path: string): string {
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'duplifs-test', path]);
  return path;
}

function withSource(
  option: SelectionOption,
  source: string,
  nullSeparator: boolean,
): SelectionOption {
  const replace = (text: string) =>
    text
      .replace(/^(ignorecase:)?S/, (_, prefix?: string) => (prefix ?? '') + source)
      .replace(/^(ignorecase:)?T/, (_, prefix?: string) => (prefix ?? '') + dirname(source))
      .replace(/^(ignorecase:)?U/, (_, prefix?: string) => (prefix ?? '') + source.slice(0, -1));
  switch (option.kind) {
    case 'include':
    case 'exclude':
      return { ...option, pattern: replace(option.pattern) };
    case 'include-filelist':
    case 'exclude-filelist': {
      const lines = String(option.content).replace(/S(?=\/|$|\s|["'])/gm, source);
      const content = Buffer.from(nullSeparator ? lines.replaceAll('\n', '\0') : lines);
      return { ...option, content };
    }
    default:
      return option;
  }
}
