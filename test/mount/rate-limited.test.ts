import { expect, test } from 'vitest';
import { rateLimited } from '../../src/mount/logger.js';

test('a flood of messages is cut, and its end says how much was left out', () => {
  const lines: string[] = [];
  let now = 0;
  const log = rateLimited(
    (_, message) => lines.push(message),
    () => now,
  );
  for (let round = 0; round < 1000; round += 1) log('error', `broken ${round}`);
  expect(lines).toHaveLength(20);
  now = 10_000;
  log('error', 'broken again');
  expect(lines.slice(20)).toEqual([
    '980 more messages like the last were left out',
    'broken again',
  ]);
});
