/** Patterns match what the C library says that they match: find(1) and the shell ask it too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { compileShellPattern } from '../../src/queries/shell-pattern.js';
import { runOk } from '../support/run.js';

/** Whether each pattern matches each text, by fnmatch(3), which takes bytes here. */
async function matchedByLibrary(pairs: readonly (readonly [string, string])[]): Promise<boolean[]> {
  const script = `
import ctypes, json, sys
libc = ctypes.CDLL(None)
print(json.dumps([libc.fnmatch(p.encode(), t.encode(), 0) == 0 for p, t in json.load(sys.stdin)]))
`;
  return JSON.parse(
    await runOk('python3', ['-c', script], { input: JSON.stringify(pairs) }),
  ) as boolean[];
}

/** Undefined for a pattern that is refused, such as one with a range that runs backwards. */
function matches(pattern: string, text: string): boolean | undefined {
  try {
    return compileShellPattern(pattern).test(text);
  } catch (error) {
    if (isDuplifsError(error, 'USAGE')) return undefined;
    throw error;
  }
}

const piece = fc.constantFrom(
  ...['a', 'b', '.', '/', '-', '*', '?', '[', ']', '[ab]', '[!a]', '[^b]', '[a-c]', '[]a]'],
  ...['[!]]', '[a-]', '[[:alpha:]]', '[[:digit:]x]', '\\*', '\\a', '\\[', '[\\]]', '**', 'x'],
);
const pattern = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '.', '/', '-', '*', '[', ']', '1', 'x', '!'), {
    maxLength: 6,
  })
  .map((characters) => characters.join(''));

describe('compileShellPattern', () => {
  it('matches what fnmatch(3) matches', async () => {
    const pairs = fc.sample(fc.tuple(pattern, text), 4000);
    const expected = await matchedByLibrary(pairs);
    expect(expected).toContain(true);
    const own = pairs.map(([glob, name]) => matches(glob, name));
    expect(own.filter((one) => one === undefined).length).toBeLessThan(pairs.length / 10);
    const differing = pairs.filter((_, at) => own[at] !== undefined && own[at] !== expected[at]);
    expect(differing).toEqual([]);
  });

  it('takes a byte that is not UTF-8 for one character, and a line feed for one like others', () => {
    expect(compileShellPattern('a?b').test('a\udcffb')).toBe(true);
    expect(compileShellPattern('a*b').test('a\n\n\udcffb')).toBe(true);
    expect(compileShellPattern('[!x]').test('\udcff')).toBe(true);
  });

  it('refuses sets that nobody can mean', () => {
    for (const wrong of ['[z-a]', '[[:letters:]]']) {
      const thrown = (): unknown => {
        try {
          return compileShellPattern(wrong);
        } catch (error) {
          return error;
        }
      };
      expect(isDuplifsError(thrown(), 'USAGE'), wrong).toBe(true);
    }
  });

  it('does not take ages for many stars', () => {
    const started = performance.now();
    expect(compileShellPattern(`${'*'.repeat(50)}b`).test('a'.repeat(5000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
