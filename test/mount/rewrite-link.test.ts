import { describe, expect, test } from 'vitest';
import { rewriteLink } from '../../src/mount/view/rewrite-link.js';

describe('an absolute link, with --rewrite-links', () => {
  const place = { source: '/home/me', shown: '', link: 'a/b/link' };

  test.each([
    ['/home/me/file', '../../file'],
    ['/home/me/a/b/beside', 'beside'],
    ['/home/me/a/b', '.'],
    ['/home/me', '../..'],
    ['/home/me/', '../..'],
    ['/home//me/./a/../file', '../../file'],
  ])('into the source, %s, leads to %s', (target, expected) => {
    expect(rewriteLink(target, place)).toBe(expected);
  });

  test.each(['/home/me2/file', '/etc/passwd', '/home/me/../you', '../file', 'file', ''])(
    'that leads elsewhere or is not absolute, "%s", is left as it is',
    (target) => {
      expect(rewriteLink(target, place)).toBe(target);
    },
  );

  test('of a backup of "/" always leads into it', () => {
    const whole = { source: '/', shown: '', link: 'etc/link' };
    expect(rewriteLink('/usr/bin/vi', whole)).toBe('../usr/bin/vi');
    expect(rewriteLink('/', whole)).toBe('..');
  });

  test('does not lead out of the folder that alone is shown', () => {
    const part = { ...place, shown: 'a' };
    expect(rewriteLink('/home/me/a/file', part)).toBe('../file');
    expect(rewriteLink('/home/me/file', part)).toBe('/home/me/file');
  });

  test('is left as it is where the backup has no absolute path of its source', () => {
    expect(rewriteLink('/home/me/file', { ...place, source: 'me' })).toBe('/home/me/file');
  });
});
