import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../../src/base/index.js';
import { compilePythonRegExp } from '../../../src/source/selection/python-regexp.js';

const hasPython = process.env['CI'] === 'true' || spawnSync('python3', ['--version']).status === 0;

const patterns = [
  'a',
  '^a',
  'a$',
  '^$',
  'a.b',
  '(?s)a.b',
  '(?i)ÄB',
  '(?m)^b$',
  '(?im)^B$',
  '\\Aa',
  'b\\Z',
  '\\d+',
  '\\D',
  '^\\w+$',
  '\\W',
  'a\\sb',
  '^\\S+$',
  '\\ba\\b',
  'a\\B',
  '[\\d_]',
  '[^\\w]',
  '[]a]',
  '[^]a]',
  '[a-]',
  '[-a]',
  '[a-c]x',
  '[[]',
  '[.*+]',
  '[\\]]',
  '[\\^a]',
  '[\\b]',
  'a{2}',
  'a{2,}',
  'a{,1}b',
  'a{1,2}?b',
  'a{',
  'a{x}',
  '{',
  'a{,}b',
  '}',
  ']',
  'a-b',
  '/',
  'a/b',
  '\\/',
  '\\-',
  '\\#',
  '\\é',
  '\\.',
  '\\x61',
  '\\u0062',
  '\\U0001F600',
  '\\0',
  '\\141',
  '\\07',
  '\\n',
  '\\t',
  '(a)(b)?',
  '(a)\\1',
  '(?P<n>a)(?P=n)',
  '(?:a|b)c',
  '(?=a)',
  '(?!a)b',
  '(?<=a)b',
  '(?<!a)b',
  'a(?#note)b',
  'a|b|',
  'a*?b',
  'a+?',
  'a??b',
  '.',
  '^.$',
  '😀',
  '[😀-😂]',
  '[^a]',
  '\\',
  '(',
  ')',
  '[',
  '[z-a]',
  '*',
  'a**',
  '\\q',
  '\\xg',
  '[\\q]',
  '(?P<1>a)',
  '(?P=m)',
  'a{3,2}',
  '\\2',
];
const texts = [
  '',
  'a',
  'b',
  'ab',
  'aa',
  'aab',
  'a\n',
  'a\nb',
  'b\n',
  'äb',
  'Äb',
  'a b',
  'a\u00a0b',
  'a\x1cb',
  'a\ufeffb',
  'x/a/b.txt',
  'bx',
  '٣',
  '7_',
  'é',
  '😀',
  '😁',
  '\udce9',
  'a-b',
  'a/b',
  '[',
  ']',
  '{',
  'a{',
  'a{x}',
  'a{,}b',
  '}',
  '\0',
  '\x07',
  '\x08',
  'a\tb',
  'a\rb',
  'c',
  'ac',
  '#',
  '^',
  '.',
  '\\',
];

/** For each pattern whether it is found in each text, or null where Python refuses it. */
function askPython(): (boolean[] | null)[] {
  const program = `
import json, re, sys, warnings
warnings.simplefilter('ignore')
asked = json.loads(sys.stdin.buffer.read().decode('utf-8', 'surrogatepass'))
def found(pattern):
    try:
        compiled = re.compile(pattern)
    except re.error:
        return None
    return [bool(compiled.search(text)) for text in asked['texts']]
print(json.dumps([found(pattern) for pattern in asked['patterns']]))
`;
  // JSON escapes lone surrogates
  const input = JSON.stringify({ patterns, texts });
  const run = spawnSync('python3', ['-c', program], { input, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as (boolean[] | null)[];
}

describe("Python's regular expressions", () => {
  it.runIf(hasPython)('find what Python finds, and are refused where Python refuses them', () => {
    const answers = askPython();
    patterns.forEach((pattern, i) => {
      const answer = answers[i];
      if (answer === null) {
        const refused = (error: unknown) => isDuplifsError(error, 'SELECTION_PATTERN');
        expect(() => compilePythonRegExp(pattern, false), pattern).toThrow(
          expect.toSatisfy(refused),
        );
        return;
      }
      const compiled = compilePythonRegExp(pattern, false);
      texts.forEach((text, j) => {
        const what = `${pattern} in ${JSON.stringify(text)}`;
        expect(`${what}: ${compiled.test(text)}`).toBe(`${what}: ${answer?.[j]}`);
      });
    });
  });

  it.each(['a++', '(?>a)', '(?(1)a|b)', '(?x)a b', '(?a)\\w', '(?i:a)', '[\\W]', '[\\d-a]'])(
    'that JavaScript cannot express are refused: %s',
    (pattern) => {
      expect(() => compilePythonRegExp(pattern, false)).toThrow(
        expect.toSatisfy(
          (error) =>
            isDuplifsError(error, 'SELECTION_PATTERN') && error.message.includes(`"${pattern}"`),
        ),
      );
    },
  );

  it('ignore case when asked to', () => {
    expect(compilePythonRegExp('é\\.TXT$', true).test('/a/É.txt')).toBe(true);
  });
});
