/** What is printed as a time can be given as one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setKey } from '../../src/archive/index.js';
import { formatStatistics } from '../../src/cli/backup/statistics-text.js';
import { formatFolderName, formatLocalTime, formatStamp, parseTime } from '../../src/time/index.js';
import { inZone } from './zones.js';

const now = 1_700_000_000;
const seconds = fc
  .integer({ min: Date.parse('1901-01-02') / 1000, max: Date.parse('2099-12-30') / 1000 })
  .filter((time) => time !== 0);

describe('a time is taken', () => {
  it.each([
    ['in lists and messages', formatLocalTime],
    [
      'in lists and messages, with its spaces made one',
      (time: number) => formatLocalTime(time).replaceAll(/ +/g, ' '),
    ],
    ['by date(1) in UTC', (time: number) => formatLocalTime(time).replace(/ (\d{4})$/, ' UTC $1')],
    ['as the stamp of a full', (time: number) => setKey({ kind: 'full', endSeconds: time })],
    [
      'as the name of an incremental',
      (time: number) => setKey({ kind: 'inc', startSeconds: 86_400, endSeconds: time }),
    ],
    [
      'as stamp and local time',
      (time: number) => `${formatStamp(time)} (${formatLocalTime(time)})`,
    ],
    ['as a folder in snapshots/', formatFolderName],
    [
      'as a folder in snapshots/ that is not whole',
      (time: number) => `${formatFolderName(time)}-incomplete`,
    ],
    ['as an extended attribute', (time: number) => new Date(time * 1000).toISOString()],
  ])('as it is printed %s', (_, print) => {
    inZone('UTC', () => {
      fc.assert(
        fc.property(seconds, (time) => {
          expect(parseTime(print(time), now)).toBe(time);
        }),
      );
    });
  });

  it.each(['Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata'])(
    'as lists have it in %s',
    (zone) => {
      inZone(zone, () => {
        for (let time = now; time < now + 9_000_000; time += 100_003) {
          expect(parseTime(formatLocalTime(time), now)).toBe(time);
        }
      });
    },
  );

  it('from the statistics of a backup', () => {
    const text = formatStatistics({ startTime: now + 0.25, endTime: now + 1 } as never);
    const [, printed = ''] = /^StartTime (.*)$/m.exec(text) ?? [];
    expect(parseTime(printed, 0)).toBe(now);
    expect(parseTime(printed.split(' ')[0] ?? '', 0)).toBe(now);
  });

  it.each([
    'Tue Foo 14 22:13:20 2023',
    'Xxx Nov 14 22:13:20 2023',
    'Tue Nov 34 22:13:20 2023',
    '2023-13-14T22-13-20Z',
    '2023-11-14T22-13-20Z.odt',
    '-incomplete',
    '1.5.5',
    '99999999999999.5',
    '20231114T221320Z.to.',
    '(Tue Nov 14 22:13:20 2023)',
  ])('but not "%s"', (text) => {
    expect(() => parseTime(text, now)).toThrow('is not a time');
  });
});
