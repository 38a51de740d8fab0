import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatFolderName,
  formatLocalTime,
  formatStamp,
  parseFolderName,
  parseNameTime,
} from '../../src/time/index.js';
import { inZone } from './zones.js';

const now = 1_700_000_000;
const seconds = fc.integer({
  min: Date.parse('1901-01-02') / 1000,
  max: Date.parse('2099-12-30') / 1000,
});

describe('a time as text', () => {
  it('in a file name is its stamp in UTC, and is read back', () => {
    expect(formatStamp(now)).toBe('20231114T221320Z');
    fc.assert(
      fc.property(seconds, (time) => {
        fc.pre(time !== 0);
        expect(parseNameTime(formatStamp(time))).toBe(time);
      }),
    );
  });

  it("as a folder's name in a mount is read back, and sorts as the times do", () => {
    expect(formatFolderName(now)).toBe('2023-11-14T22-13-20Z');
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [nameA, nameB] = [formatFolderName(a), formatFolderName(b)];
        expect(parseFolderName(nameA)).toBe(a);
        expect(nameA < nameB).toBe(a < b);
      }),
    );
  });

  it.each(['', 'latest', '2023-11-14T22:13:20Z', '2023-02-31T00-00-00Z', '2023-11-14T24-00-00Z'])(
    'no folder has the name "%s"',
    (name) => {
      expect(parseFolderName(name)).toBeUndefined();
    },
  );

  it.each([
    ['UTC', now, 'Tue Nov 14 22:13:20 2023'],
    ['Europe/Berlin', now, 'Tue Nov 14 23:13:20 2023'],
    ['Europe/Berlin', 1_688_300_000, 'Sun Jul  2 14:13:20 2023'],
    ['America/New_York', 1_690_000_000, 'Sat Jul 22 00:26:40 2023'],
    ['Asia/Kolkata', 1_675_209_600, 'Wed Feb  1 05:30:00 2023'],
  ])('for people in %s, %d is "%s"', (zone, time, text) => {
    expect(inZone(zone, () => formatLocalTime(time))).toBe(text);
  });
});
