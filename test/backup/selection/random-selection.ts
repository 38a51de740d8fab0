/** Random trees and random rules, for comparing our choice with duplicity's. */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { SelectionOption } from '../../../src/backup/selection/index.js';
import { selectedByDuplicity, selectedByUs } from './duplicity.js';

const names = ['a', 'b', 'ab', 'a.txt', 'b.log', 'A', 'x', '[b]', 'a*', 'é', 'n\nl', '.h'];
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
);

interface File {
  readonly parts: readonly string[];
  readonly link: boolean;
  readonly mtimeSeconds: number;
}

const file: fc.Arbitrary<File> = fc.record({
  parts: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
  link: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  mtimeSeconds: fc.constantFrom(...seconds),
});

const selection = fc.record({
  files: fc.array(file, { minLength: 5, maxLength: 40 }),
  options: fc.array(option, { maxLength: 5 }),
  excludeRest: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
});

/** Checks that we select what duplicity does, in `count` random cases. */
export async function compareSelections(count: number): Promise<void> {
  const seed = randomInt(2 ** 31);
  const top = join(tmpdir(), `duplifs-random-${randomBytes(8).toString('hex')}`);
  mkdirSync(top);
  try {
    const samples = fc.sample(selection, { numRuns: count, seed });
    const cases = samples.map(({ files, options, excludeRest }, i) => {
      const source = join(top, `s${i}`);
      const all = options.map((given) => withSource(given, source));
      if (excludeRest) all.push({ kind: 'exclude', pattern: '**' });
      return { options: all, source, candidates: makeTree(source, files) };
    });
    const theirs = await selectedByDuplicity(cases);
    for (const [i, { options, source }] of cases.entries()) {
      const expected = theirs[i];
      // where duplicity breaks down over a range that runs backwards, we name the pattern
      const broken = JSON.stringify(expected) === '{"exitCode":30}';
      const ours = await selectedByUs(options, source);
      const sample = { seed, sample: i, options };
      expect({ ...sample, selected: ours }).toEqual({
        ...sample,
        selected: broken ? { exitCode: 15 } : expected,
      });
    }
  } finally {
    rmSync(top, { recursive: true });
  }
}

/** Makes what can be made of the files; returns all paths. */
function makeTree(source: string, files: readonly File[]): string[] {
  mkdirSync(source);
  const paths = new Set<string>();
  const leaves = new Set<string>();
  for (const { parts, link, mtimeSeconds } of files) {
    const path = parts.join('/');
    const above = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'));
    if (paths.has(path) || above.some((folder) => leaves.has(folder))) continue;
    leaves.add(path);
    mkdirSync(dirname(join(source, path)), { recursive: true });
    if (link) symlinkSync('..', join(source, path));
    else writeFileSync(join(source, path), 'x');
    if (!link) utimesSync(join(source, path), mtimeSeconds, mtimeSeconds);
    for (const folder of above) paths.add(folder);
    paths.add(path);
  }
  return [...paths];
}

function withSource(option: SelectionOption, source: string): SelectionOption {
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
      return { ...option, content: Buffer.from(lines) };
    }
    default:
      return option;
  }
}
