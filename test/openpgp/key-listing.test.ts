/** gpg's lists with colons, line by line. */
import { describe, expect, it } from 'vitest';
import { hasKeyId, isExpiringSoon, usesOf } from '../../src/openpgp/index.js';
import {
  parseKeyListing,
  parseOwnertrust,
  withSecrets,
} from '../../src/openpgp/gpg/key-listing.js';

const prints = ['A', 'B', 'C'].map((letter) => letter.repeat(40));

function listed(primary: string, sub: string, kind: 'pub' | 'sec' = 'pub'): string {
  const [of = '', ofSub = ''] = prints;
  return [
    'tru::1:1700000000:0:3:1:5',
    primary,
    `fpr:::::::::${of}:`,
    'uid:u::::1700000000::HASH::Ada \\x3a Example (b) <a@example.org>::::::::::0:',
    sub,
    `fpr:::::::::${ofSub}:`,
  ]
    .map((line) => line.replaceAll('KIND', kind))
    .join('\n');
}

const good = {
  pub: 'pub:u:255:22:AAAAAAAAAAAAAAAA:1700000000:::u:::scESC::::::ed25519:::0:',
  sub: 'sub:u:255:18:BBBBBBBBBBBBBBBB:1700000000:1900000000:::::e::::::cv25519::',
  sec: 'sec:u:255:22:AAAAAAAAAAAAAAAA:1700000000:::u:::scESC:::+::ed25519:::0:',
  ssb: 'ssb:u:255:18:BBBBBBBBBBBBBBBB:1700000000:1900000000:::::e:::+::cv25519::',
};

describe("gpg's list of keys", () => {
  it('tells what can be done with a key, and until when', () => {
    const secret = parseKeyListing(listed(good.sec, good.ssb));
    const [key] = withSecrets(parseKeyListing(listed(good.pub, good.sub)), secret);
    expect(key?.userIds).toEqual(['Ada : Example (b) <a@example.org>']);
    expect(key?.trust).toEqual({ isValid: true, ownertrust: 'ultimate' });
    expect(key && usesOf(key)).toEqual({
      encrypts: true,
      signs: true,
      opens: true,
      expiresSeconds: 1_900_000_000,
    });
    expect(key && hasKeyId(key, 'BBBBBBBBBBBBBBBB')).toBe(true);
    expect(key && hasKeyId(key, 'CCCCCCCCCCCCCCCC')).toBe(false);
  });

  it('tells secret parts that are here from those that are on a card or away', () => {
    const publicKeys = parseKeyListing(listed(good.pub, good.sub));
    const away = good.sec.replace('+', '#');
    const card = good.ssb.replace('+', 'D2760001240102010006055532110000');
    const [key] = withSecrets(publicKeys, parseKeyListing(listed(away, card)));
    expect(key?.parts.map(({ secret }) => secret)).toEqual(['none', 'card']);
    expect(key && usesOf(key)).toMatchObject({ signs: false, opens: true });
    const [none] = withSecrets(publicKeys, []);
    expect(none && usesOf(none)).toMatchObject({ encrypts: true, signs: false, opens: false });
  });

  it.each([
    ['revoked', 'r'],
    ['expired', 'e'],
    ['disabled', 'd'],
  ])('does not encrypt to a key that is %s, and opens what was encrypted to it', (_, letter) => {
    const secret = parseKeyListing(listed(good.sec, good.ssb));
    const pub = good.pub.replace('pub:u', `pub:${letter}`);
    const [key] = withSecrets(parseKeyListing(listed(pub, good.sub)), secret);
    expect(key && usesOf(key)).toMatchObject({ encrypts: false, signs: false, opens: true });
    const sub = good.sub.replace('sub:u', `sub:${letter}`);
    const [other] = withSecrets(parseKeyListing(listed(good.pub, sub)), secret);
    expect(other && usesOf(other)).toMatchObject({ encrypts: false, signs: true, opens: true });
  });
});

describe('files of ownertrust', () => {
  it('are read line by line, and all else in them is passed over', () => {
    const [one = '', two = '', three = ''] = prints;
    const text = `# comment\n${one}:6:\r\n${two}:131:\n ${three}:6:\n${three}:9:\n${three}\nAB:6:\n`;
    expect([...parseOwnertrust(text)]).toEqual([
      [one, 'ultimate'],
      [two, 'never'],
    ]);
  });
});

describe('a key that ends', () => {
  it('is warned of within 60 days, and after them', () => {
    const now = 1_700_000_000;
    const day = 86_400;
    expect(isExpiringSoon(undefined, now)).toBe(false);
    expect(isExpiringSoon(now + 60 * day, now)).toBe(false);
    expect(isExpiringSoon(now + 60 * day - 1, now)).toBe(true);
    expect(isExpiringSoon(now - 1, now)).toBe(true);
  });
});
