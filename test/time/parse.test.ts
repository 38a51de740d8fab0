import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DuplifsError } from '../../src/base/index.js';
import { parseInterval, parseNameTime, parseTime } from '../../src/time/index.js';
import { inZone } from './zones.js';

const now = 1_700_000_000; // 2023-11-14T22:13:20Z

/** Every form of docs/format/1-bytes.md 2, with what duplicity gave for it in UTC. */
const accepted: Readonly<Record<string, number>> = {
  now,
  '0': 0,
  '20231114': 20_231_114,
  '1700000000': now,
  '20231114T221320Z': now,
  '20231114T221320X': now,
  '20231114T221361Z': 1_700_000_041,
  '20230231T221320Z': 1_677_881_600,
  '2023-11-14T22:13:20Z': now,
  '2023-11-14T22:13:20+01:00': 1_699_996_400,
  '2023-11-14T22:13:20+05:30': 1_699_980_200,
  '2023-11-14T22:13:20+25:00': 1_699_910_000,
  '2023-11-14T22:13:20-00:00': now,
  '2023-11-14T22:13:20': now,
  '2023-11-14T23:59:60Z': 1_700_006_400,
  '1969-12-31T23:59:59Z': -1,
  '1901-01-01T00:00:00Z': -2_177_452_800,
  '3D64s': 1_699_740_736,
  '2h30m': 1_699_991_000,
  '30m2h': 1_699_991_000,
  '1D1D': 1_699_827_200,
  '0s': now,
  '1W': 1_699_395_200,
  '1M': 1_697_408_000,
  '1Y': 1_668_464_000,
  '99999Y': -3_151_868_464_000,
  '2023-2-3': 1_675_382_400,
  '2023/1-1': 1_672_531_200,
  '2/4/1997': 855_014_400,
  '11-14-2023': 1_699_920_000,
  '20230714Z': 1_689_292_800,
  '2023-02-31': 1_677_801_600,
  '2099-12-31': 4_102_358_400,
  '1901-01-01': -2_177_452_800,
};

const refused = [
  ...[
    '',
    ' now',
    'Now',
    'yesterday',
    '3d',
    'D3',
    'D',
    '3D64',
    '1.5D',
    '-3D',
    '+3D',
    '3D 4s',
    '3D\n',
  ],
  ...['1700000000.5', '-5', '2023-11-14T22:13', '2023-11-14 22:13:20', '2023-11-14T22:13:20.5Z'],
  ...['2023-11-14T22:13:20+0200', '2023-11-14T24:00:00Z', '2023-11-14T22:60:00Z'],
  ...['2023-11-14T22:00:62Z', '2023-11-14T22:13:20z', '20231114t221320z', '2023-11-14T22:13:20Zx'],
  ...['2023-11-14T22:13:20 01:00', '2023-11-14T22:13:20+ab:cd', '2023-1-14T01:13:20Z'],
  ...[
    '14/11/2023',
    '2023-00-01',
    '2023-13-01',
    '2023-1-0',
    '2023-02-32',
    '02/04/97',
    '2023-011-14',
  ],
  ...[
    '1900-01-01',
    '2100-01-01',
    '1900-01-01T00:00:00Z',
    '2100-01-01T00:00:00Z',
    '99991231T235959Z',
  ],
  ...['1970-01-01T00:00:00Z', '19700101T000000Z', '1970-01-02T00:00:00+24:00', '1970-01-01'],
  ...['20231114T221320', '20231314T221320Z', '20231114T241320Z', '20231114T221362Z', '20230714z'],
  ...['\u0661\u0662\u0663', '9'.repeat(30), '9'.repeat(30) + 'Y', '1'.repeat(1000)],
];

describe('a time string', () => {
  it.each(Object.entries(accepted))('"%s" is understood', (text, seconds) => {
    inZone('UTC', () => {
      expect(parseTime(text, now)).toBe(seconds);
    });
  });

  it.each(refused)('"%s" is refused, with the forms in the hint', (text) => {
    inZone('UTC', () => {
      const error = thrown(() => parseTime(text, now));
      expect(error.code).toBe('TIME_STRING');
      expect(error.hint).toContain('"3D"');
      expect(error.message.length).toBeLessThan(200);
    });
  });

  it.each([
    // summer dates use the summer offset, where duplicity takes the standard one all year
    ['America/New_York', '2023-07-14', '2023-07-14T04:00:00Z'],
    ['America/New_York', '2023-01-14', '2023-01-14T05:00:00Z'],
    ['Europe/Berlin', '2023-07-14T22:13:20', '2023-07-14T20:13:20Z'],
    ['Europe/Berlin', '11/14/2023', '2023-11-13T23:00:00Z'],
    ['America/St_Johns', '2023-11-14T22:13:20', '2023-11-15T01:43:20Z'],
    ['Asia/Kolkata', '20230714Z', '2023-07-13T18:30:00Z'],
    // skipped by the clock change: the offset before it; repeated by one: the first
    ['Europe/Berlin', '2023-03-26T02:30:00', '2023-03-26T01:30:00Z'],
    ['Europe/Berlin', '2023-10-29T02:30:00', '2023-10-29T00:30:00Z'],
  ])('without a zone has the real offset of that day: in %s "%s" is %s', (zone, text, utc) => {
    expect(inZone(zone, () => parseTime(text, now))).toBe(Date.parse(utc) / 1000);
  });

  it('with an offset west of Greenwich counts its minutes westwards', () => {
    expect(parseTime('2023-11-14T22:13:20-03:30', now)).toBe(
      Date.parse('2023-11-15T01:43:20Z') / 1000,
    );
  });

  it('never gives anything but whole seconds or an error, whatever the text', () => {
    const alphabet = fc.constantFrom(...Array.from('0123456789-/:+TZsmhDWMYnow \n'));
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 26 }), (text) => {
        try {
          expect(Number.isSafeInteger(parseTime(text, now))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DuplifsError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an interval', () => {
  it('is the sum of its parts', () => {
    expect(parseInterval('1M')).toBe(30 * 86_400);
    expect(parseInterval('3D64s')).toBe(3 * 86_400 + 64);
    expect(parseInterval('1Y1W1h1m1s')).toBe(365 * 86_400 + 7 * 86_400 + 3661);
    expect(parseInterval('0D')).toBe(0);
  });

  it.each(['', 'now', '3', '3d', '2023-11-14', '-1D', '1M '])('"%s" is refused', (text) => {
    expect(thrown(() => parseInterval(text)).code).toBe('TIME_STRING');
  });
});

describe('the time in a file name', () => {
  it('is taken in either case', () => {
    expect(parseNameTime('20231114t221320z')).toBe(now);
    expect(parseNameTime('2023-11-14t22:13:20z')).toBe(now);
  });

  it.each(['2023-11-14T23:13:20+01:00', '2023-11-14T23_13_20+01_00', '2023-11-14T22.13.20Z'])(
    'may be of the old form with any separator: %s',
    (text) => {
      expect(parseNameTime(text)).toBe(now);
    },
  );

  it('is refused when its separators differ or are digits', () => {
    expect(parseNameTime('2023-11-14T22_13.20Z')).toBeUndefined();
    expect(parseNameTime('2023-11-14T22113120Z')).toBeUndefined();
  });

  it("undoes duplicity's mistake in offsets such as St. John's (it writes -03:30 as -04:30)", () => {
    expect(parseNameTime('2023-11-14T18:43:20-04:30')).toBe(now);
  });

  it.each(['', '0', 'now', 'NOW', '3D', '19700101T000000Z', 'junk', '9'.repeat(30)])(
    'is not "%s"',
    (text) => {
      expect(parseNameTime(text)).toBeUndefined();
    },
  );
});

function thrown(work: () => unknown): DuplifsError {
  try {
    work();
  } catch (error) {
    if (error instanceof DuplifsError) return error;
  }
  throw new Error('no DuplifsError was thrown');
}
