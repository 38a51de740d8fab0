import { expect, test } from 'vitest';
import { eventText } from '../../src/cli/events/index.js';
import { rateLimited } from '../../src/mount/rate-limited.js';

test('a flood of messages is cut, and its end says how much was left out', () => {
  const lines: string[] = [];
  let now = 0;
  const report = rateLimited(
    (event) => lines.push(eventText(event)),
    () => now,
  );
  const broken = (reason: string): void => {
    report({ level: 'error', code: 'fuse-reply-refused', reason });
  };
  for (let round = 0; round < 1000; round += 1) broken(`broken ${round}`);
  expect(lines).toHaveLength(20);
  now = 10_000;
  broken('broken again');
  expect(lines.slice(20)).toEqual([
    '980 more messages like the last were left out',
    'The kernel refused a reply: broken again',
  ]);
});
