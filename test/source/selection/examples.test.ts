/** The table of examples in docs/format/2-behaviour.md 3.2, row by row, against us and against duplicity. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFilesFrom } from '../../../src/source/selection/index.js';
import type { SelectionOption } from '../../../src/source/selection/index.js';
import { hasDuplicity, selectedByDuplicity, selectedByUs } from './duplicity.js';

// in small letters, for duplicity takes "ignorecase:" before a path with capitals to be outside of it
// its name must not end as a pattern does: an "e" there, one run in sixteen, made example 29 match all
const top = join(tmpdir(), `duplifs-examples-${randomBytes(8).toString('hex')}-top`);
const S = join(top, 'src');
const files = [
  'a.txt',
  'b.txt',
  'B.TXT',
  '1a',
  '2b',
  '#hash',
  'd/x.txt',
  'd/y.log',
  'd/e/z.txt',
  'd/e/.hid',
  'dd/x.txt',
  'Doc/r.TXT',
  'cache/.nobackup',
  'cache/1',
  'cache/sub/2',
  'with space/f',
  'br[1]/f',
  'star*/f',
  'new\nline',
];
const folders = ['e/empty'];
const links = ['ld', 'dang'];
const oldSeconds = Date.UTC(2000, 0, 2) / 1000;
const all = [
  ...new Set(
    [...files, ...folders, ...links].flatMap((path) =>
      path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/')),
    ),
  ),
];

const withBelow = (...paths: string[]) =>
  all.filter((path) => paths.some((p) => path === p || path.startsWith(`${p}/`)));
const allBut = (...paths: string[]) => ['.', ...all.filter((path) => !paths.includes(path))];
const only = (...paths: string[]) => ['.', ...paths];

const X = (pattern: string): SelectionOption => ({ kind: 'exclude', pattern });
const I = (pattern: string): SelectionOption => ({ kind: 'include', pattern });
const list = (sense: 'include' | 'exclude', content: string): SelectionOption => ({
  kind: `${sense}-filelist`,
  name: 'list',
  content: Buffer.from(content),
});
const rest = X('**');
const fiveTexts = ['a.txt', 'b.txt', 'd/e/z.txt', 'd/x.txt', 'dd/x.txt'];
const sinceSeconds = Date.UTC(2010, 0, 1) / 1000;

beforeAll(() => {
  for (const path of folders) mkdirSync(join(S, path), { recursive: true });
  for (const path of files) {
    mkdirSync(dirname(join(S, path)), { recursive: true });
    writeFileSync(join(S, path), 'x');
  }
  symlinkSync('d', join(S, 'ld'));
  symlinkSync('/nonexistent', join(S, 'dang'));
  for (const path of ['d/y.log', 'dd/x.txt', 'dd']) {
    utimesSync(join(S, path), oldSeconds, oldSeconds);
  }
  symlinkSync(S, join(top, 'L'));
});
afterAll(() => {
  rmSync(top, { recursive: true });
});

type Row = [number, SelectionOption[], readonly string[]];
const rows: Row[] = [
  [1, [rest], only()],
  [2, [X(S)], only()],
  [2, [X('/')], only()],
  [2, [X(`${S}/*`)], only()],
  [2, [X(`${S}/**`)], only()],
  [3, [X(`${S}/d`)], allBut(...withBelow('d'))],
  [4, [X(`${S}/d/`)], allBut(...withBelow('d'))],
  [5, [X(`${S}/a.txt/`)], allBut()],
  [6, [X(`${S}/d/*`)], ['d', ...allBut(...withBelow('d'))]],
  [6, [X(`${S}/d/**`)], ['d', ...allBut(...withBelow('d'))]],
  [7, [X(`${S}/d*`)], allBut(...withBelow('d', 'dd', 'dang'))],
  [8, [I(`${S}/d`), rest], only(...withBelow('d'))],
  [9, [I(`${S}/d/e`), rest], only('d', ...withBelow('d/e'))],
  [10, [I(`${S}/d/e`), X(`${S}/d`)], allBut('d/x.txt', 'd/y.log')],
  [11, [X(`${S}/d/e`), I(`${S}/d`), rest], only('d', 'd/x.txt', 'd/y.log')],
  [12, [I(`${S}/d`), X(`${S}/d/e`), rest], only(...withBelow('d'))],
  [13, [I(`${S}/*.txt`), rest], only('a.txt', 'b.txt')],
  [14, [I('**.txt'), rest], only('d', 'd/e', 'dd', ...fiveTexts)],
  [14, [I('**/*.txt'), rest], only('d', 'd/e', 'dd', ...fiveTexts)],
  [15, [X('**.txt')], allBut(...fiveTexts)],
  [16, [X(`${S}/**/x.txt`)], allBut('d/x.txt', 'dd/x.txt')],
  [16, [X(`${S}/**x.txt`)], allBut('d/x.txt', 'dd/x.txt')],
  [16, [X('**/x.txt')], allBut('d/x.txt', 'dd/x.txt')],
  [17, [X(`${S}/?.txt`)], allBut('a.txt', 'b.txt')],
  [18, [X(`${S}/[!a].txt`)], allBut('b.txt')],
  [19, [X(`${S}/[0-9]*`)], allBut('1a', '2b')],
  [20, [X(`${S}/br[1]`)], allBut()],
  [21, [X(`${S}/br[[]1]`)], allBut(...withBelow('br[1]'))],
  [22, [X(`${S}/star[*]`)], allBut(...withBelow('star*'))],
  [23, [X(`ignorecase:${S}/b.txt`)], allBut('b.txt', 'B.TXT')],
  [24, [X('ignorecase:**.txt')], allBut(...fiveTexts, 'B.TXT', 'Doc/r.TXT')],
  [25, [X('**/.*')], allBut('cache/.nobackup', 'd/e/.hid')],
  [26, [I(S), rest], allBut()],
  [26, [I(`${S}/*`), rest], allBut()],
  [26, [I('/**'), rest], allBut()],
  [27, [I(`${S}/d/*/z.txt`), rest], only('d', 'd/e', 'd/e/z.txt')],
  [28, [I(`${S}/e/empty`), rest], only('e', 'e/empty')],
  [29, [I('**e/'), rest], only('d', ...withBelow('cache', 'd/e', 'e', 'with space'))],
  [30, [I(`${S}/ld/x.txt`), rest], only()],
  [31, [{ kind: 'exclude-regexp', pattern: '\\.txt$' }], allBut(...fiveTexts)],
  [32, [{ kind: 'exclude-regexp', pattern: '/d/' }], ['d', ...allBut(...withBelow('d'))]],
  [33, [{ kind: 'include-regexp', pattern: 'z\\.txt' }, rest], only()],
  [34, [{ kind: 'exclude-if-present', fileName: '.nobackup' }], allBut(...withBelow('cache'))],
  [35, [I(`${S}/cache`), { kind: 'exclude-if-present', fileName: '.nobackup' }, rest], only()],
  [36, [{ kind: 'exclude-older-than', timeSeconds: sinceSeconds }], allBut('d/y.log', 'dd/x.txt')],
  [
    37,
    [I(`${S}/d/y.log`), { kind: 'exclude-older-than', timeSeconds: sinceSeconds }],
    allBut('dd/x.txt'),
  ],
  [
    38,
    [list('include', `${S}/d/e\n\n# c\n  ${S}/a.txt  \n- **`)],
    only('a.txt', 'd', ...withBelow('d/e')),
  ],
  [39, [list('include', `- ${S}/d/e\n+ ${S}/d\n- **`)], only('d', 'd/x.txt', 'd/y.log')],
  [40, [list('exclude', `+ ${S}/d/e\n${S}/d`)], allBut('d/x.txt', 'd/y.log')],
  [
    41,
    [list('include', `"${S}/with space"\n'${S}/a.txt'`), rest],
    only('a.txt', 'with space', 'with space/f'),
  ],
  [42, [list('include', `${S}/#hash`), rest], only('#hash')],
  [44, [list('include', ''), rest], only()],
];
const errors: [number, SelectionOption[], number][] = [
  [45, [list('include', '+S/d')], 14],
  [45, [list('include', `-   ${S}/d`)], 14],
  [46, [I(`${S}/d`)], 16],
  [46, [list('include', `${S}/d`)], 16],
  [47, [X('/other')], 14],
  [47, [X('d')], 14],
  [48, [X(`${S}/d//e`)], 15],
];

const sorted = (paths: readonly string[]) => [...paths].sort();

describe('each example of the format selects what it says there', () => {
  it.concurrent.each(rows)('%i (ours)', async (_, options, expected) => {
    expect(await selectedByUs(options, S)).toEqual(sorted(expected));
  });

  it.concurrent.each(errors)('%i is an error (ours)', async (_, options, exitCode) => {
    expect(await selectedByUs(options, S)).toEqual({ exitCode });
  });

  it.runIf(hasDuplicity)('(duplicity)', async () => {
    const ask = (options: readonly SelectionOption[]) => ({ options, source: S, candidates: all });
    const answers = await selectedByDuplicity([...rows, ...errors].map(([, o]) => ask(o)));
    rows.forEach(([row, , expected], i) => {
      expect({ row, selected: answers[i] }).toEqual({ row, selected: sorted(expected) });
    });
    errors.forEach(([row, , exitCode], i) => {
      expect({ row, selected: answers[rows.length + i] }).toEqual({ row, selected: { exitCode } });
    });
  });

  it('43: names in a list may end with NUL', async () => {
    const options = [list('include', `${S}/d/e\0${S}/new\nline\0`), rest];
    const expected = sorted(only('d', ...withBelow('d/e'), 'new\nline'));
    expect(await selectedByUs(options, S, S, { nullSeparator: true })).toEqual(expected);
    if (!hasDuplicity) return;
    const question = { options, source: S, candidates: all, nullSeparator: true };
    expect(await selectedByDuplicity([question])).toEqual([expected]);
  });

  it('49, 50: where duplicity breaks down, the pattern is named', async () => {
    expect(await selectedByUs([X('')], S)).toEqual({ exitCode: 15 });
    const regexp: SelectionOption = { kind: 'exclude-regexp', pattern: '[' };
    expect(await selectedByUs([regexp], S)).toEqual({ exitCode: 15 });
    expect(await selectedByUs([X(`${S}/[z-a]`)], S)).toEqual({ exitCode: 15 });
  });

  it('3, 51: the source may be written otherwise; patterns are compared with it as written', async () => {
    for (const [source, pattern] of [
      [`${S}/`, `${S}/d`],
      ['./src', 'src/d'],
      ['src/.', 'src/d'],
    ] as const) {
      const expected = sorted(allBut(...withBelow('d')));
      expect(await selectedByUs([X(pattern)], source, S)).toEqual(expected);
      if (!hasDuplicity) continue;
      const question = { options: [X(pattern)], source, candidates: all, cwd: top };
      expect(await selectedByDuplicity([question])).toEqual([expected]);
    }
    expect(await selectedByUs([X(`${S}/d`)], './src', S)).toEqual({ exitCode: 14 });
  });

  it('52: a source that is a link is refused, where duplicity stores the link alone', async () => {
    const link = join(top, 'L');
    expect(await selectedByUs([], link)).toEqual({ exitCode: 13 });
    expect(await selectedByUs([X(`${S}/d`)], link)).toEqual({ exitCode: 14 });
  });

  it('53: a source that is a file is one entry', async () => {
    const file = join(S, 'a.txt');
    expect(await selectedByUs([], file)).toEqual(['.']);
    if (!hasDuplicity) return;
    const question = { options: [], source: file, candidates: all };
    expect(await selectedByDuplicity([question])).toEqual([['.']]);
  });

  it('54, 55, 56: of a list of files, its entries and the folders above them', async () => {
    const select = (content: string, options: SelectionOption[] = []) =>
      selectedByUs(options, S, S, {
        filesFrom: parseFilesFrom(Buffer.from(content), { name: 'list' }),
      });
    expect(await select('d/e/z.txt\na.txt')).toEqual(
      sorted(only('a.txt', 'd', 'd/e', 'd/e/z.txt')),
    );
    expect(await select('d\nmissing\n')).toEqual(sorted(only('d')));
    expect(await select('./d/')).toEqual(sorted(only('d')));
    expect(await select('d/e/z.txt\nd/x.txt\na.txt', [X(`${S}/d/e`)])).toEqual(
      sorted(only('a.txt', 'd', 'd/x.txt')),
    );
  });

  it('57, 58: filter switches change how the patterns after them are read', async () => {
    const literal: SelectionOption = { kind: 'filter-literal' };
    const glob: SelectionOption = { kind: 'filter-globbing' };
    const regexp: SelectionOption = { kind: 'filter-regexp' };
    const anyCase: SelectionOption = { kind: 'filter-ignorecase' };
    const strict: SelectionOption = { kind: 'filter-strictcase' };
    expect(await selectedByUs([literal, X(`${S}/star*`)], S)).toEqual(
      sorted(allBut(...withBelow('star*'))),
    );
    expect(await selectedByUs([literal, X(`${S}/*`), glob, X(`${S}/1*`)], S)).toEqual(
      sorted(allBut('1a')),
    );
    expect(await selectedByUs([anyCase, X(`${S}/b.txt`)], S)).toEqual(
      sorted(allBut('b.txt', 'B.TXT')),
    );
    expect(await selectedByUs([anyCase, strict, X(`${S}/b.txt`)], S)).toEqual(
      sorted(allBut('b.txt')),
    );
    expect(await selectedByUs([regexp, anyCase, X('\\.TXT$')], S)).toEqual(
      sorted(allBut(...fiveTexts, 'B.TXT', 'Doc/r.TXT')),
    );
  });

  it('a filter switch without effect is an error', async () => {
    const select = (...options: SelectionOption[]) => selectedByUs(options, S);
    expect(await select({ kind: 'filter-globbing' }, X(S))).toEqual({ exitCode: 70 });
    expect(await select({ kind: 'filter-literal' }, X(S), { kind: 'filter-globbing' })).toEqual({
      exitCode: 71,
    });
  });
});
