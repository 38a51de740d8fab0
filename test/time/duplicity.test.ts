/** Asks duplicity itself what it takes a time string for. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLocalTime, parseNameTime, parseTime } from '../../src/time/index.js';
import { inZone } from './zones.js';

const now = 1_700_000_000;
const python = '/usr/bin/python3'; // the one that Debian's duplicity runs in
const program = `
import json, sys
from duplicity import config, dup_time
dup_time.setcurtime(${now})
config.old_filenames, config.time_separator = True, ':'
asked, told = json.load(sys.stdin), []
def parsed(text):
    try:
        return dup_time.genstrtotime(text)
    except dup_time.TimeException:
        return None
json.dump({
    'parsed': [parsed(text) for text in asked['texts']],
    'pretty': [dup_time.timetopretty(time) for time in asked['times']],
    'old': [dup_time.timetostring(time) for time in asked['times']],
}, sys.stdout)
`;

interface Answer {
  readonly parsed: readonly (number | null)[];
  readonly pretty: readonly string[];
  readonly old: readonly string[];
}

function askDuplicity(zone: string, texts: readonly string[], times: readonly number[]): Answer {
  const run = spawnSync(python, ['-c', program], {
    input: JSON.stringify({ texts, times }),
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Answer;
}

const missing = spawnSync(python, ['-c', 'import duplicity']).status !== 0;
const digits = (count: number) =>
  fc.stringMatching(new RegExp(`^[0-9]{${count}}$`)).filter((text) => text !== '');
const year = fc.constantFrom(
  '1900',
  '1901',
  '1969',
  '1970',
  '2000',
  '2023',
  '2024',
  '2099',
  '2100',
);
const part = fc.oneof(
  fc.constantFrom('01', '1', '12', '23', '29', '31', '59', '60', '61'),
  digits(2),
);
const pair = part.map((one) => one.padStart(2, '0'));
const mark = fc.constantFrom('-', '/', ':', 'T', '');
const text = fc.oneof(
  fc.tuple(year, mark, part, mark, part).map((parts) => parts.join('')),
  fc.tuple(part, mark, part, mark, year).map((parts) => parts.join('')),
  // two digits each: that duplicity takes 2023128T071231Z for 8 December is an accident
  fc.tuple(year, pair, pair, fc.constantFrom('T', ''), pair, pair, pair, fc.constantFrom('Z', 'x')),
  fc
    .tuple(
      year,
      part,
      part,
      part,
      part,
      part,
      fc.constantFrom('Z', '+01:00', '-05:00', '+05:30', 'z'),
    )
    .map(([y, mo, d, h, mi, s, zone]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${zone}`),
  fc
    .array(fc.tuple(digits(2), fc.constantFrom('s', 'm', 'h', 'D', 'W', 'M', 'Y', 'd', ' ')))
    .map((parts) => parts.flat().join('')),
);

describe.skipIf(missing && process.env.CI !== 'true')('beside duplicity', () => {
  it('a time string means the same, or is refused by both', () => {
    const texts = fc.sample(text, 2000).map((one) => (Array.isArray(one) ? one.join('') : one));
    const { parsed } = askDuplicity('UTC', texts, []);
    const ours = inZone('UTC', () => texts.map((one) => timeOrNull(one)));
    expect(parsed.filter((time) => time !== null).length).toBeGreaterThan(100);
    expect(parsed.filter((time) => time === null).length).toBeGreaterThan(100);
    expect(texts.map((one, i) => [one, ours[i]])).toEqual(texts.map((one, i) => [one, parsed[i]]));
  });

  it.each(['UTC', 'America/New_York', 'America/St_Johns', 'Asia/Kolkata', 'Pacific/Marquesas'])(
    'in %s times are printed alike, and the times in old names are read back',
    (zone) => {
      // from 2012 on: in 1988 St. John's had a double summer time, which duplicity gets wrong
      const times = fc.sample(fc.integer({ min: 1_325_400_000, max: 4_000_000_000 }), 300);
      const { pretty, old } = askDuplicity(zone, [], times);
      expect(inZone(zone, () => times.map(formatLocalTime))).toEqual(pretty);
      // the name is read on a machine that is in another zone
      expect(inZone('UTC', () => old.map(parseNameTime))).toEqual(times);
    },
  );
});

function timeOrNull(one: string): number | null {
  try {
    return parseTime(one, now);
  } catch {
    return null;
  }
}
