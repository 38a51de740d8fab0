import { expect, it } from 'vitest';
import { splitWords } from '../../src/base/index.js';

it('words are split as a shell does it', () => {
  const text = `  -oPort=1 "a b"'c "d"' e\\ f "say \\"x\\"" `;
  expect(splitWords(text, '--x')).toEqual(['-oPort=1', 'a bc "d"', 'e f', 'say "x"']);
  expect(splitWords('', '--x')).toEqual([]);
});

it('a quote without an end is refused, and where it is named', () => {
  for (const text of [`a "b`, `it's`]) {
    expect(() => splitWords(text, '--ssh-options')).toThrow(
      'The quotes in --ssh-options do not match',
    );
  }
});
