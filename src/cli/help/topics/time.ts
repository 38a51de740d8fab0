/** `duplifs help time`: what stands for a time (src/time/parse.ts). */
import type { Topic } from './topic.js';

export const timeTopic: Topic = {
  name: 'time',
  title: 'how a time is written',
  parts: [
    'A time names the newest backup set that was made then or before.',
    {
      items: [
        ['now', 'the time at which the command starts'],
        ['3D, 1h30m, 2W', 'so long ago: s, m (minutes), h, D, W, M (30 days), Y (365 days)'],
        ['2026-11-01, 2026/11/1', 'a day, from its first second in the local zone'],
        ['11/1/2026, 11-1-2026', 'the same; the month comes first'],
        ['2026-11-01T12:00:00', 'in the local zone'],
        ['2026-11-01T12:00:00Z', 'in UTC; or with an offset, as +01:00'],
        ['20261101T120000Z', 'UTC, as in the names of files'],
        ['1793534400', 'seconds since 1970'],
        ['2026-11-01T12-00-00Z', 'as the folders of a mount are called'],
        ['Sun Nov 1 12:00:00 2026', 'as lists have it'],
      ],
    },
    'Whatever duplifs prints as a time may be copied from there. Case matters: M is a month, m a minute.',
    'A time before the first backup is refused (exit code 20). An interval (--keep-within, --full-if-older-than) is a length ' +
      'as in the second line.',
  ],
};
