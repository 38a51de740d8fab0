import { describe, expect, it } from 'vitest';
import { eventText } from '../../../src/cli/events/index.js';

describe('what openpgp/ tells', () => {
  it('reads as a sentence for people', () => {
    const level = 'warning';
    expect(eventText({ level, code: 'key-algorithm-insecure', keyId: '0123456789ABCDEF' })).toBe(
      'Key 0123456789ABCDEF has an algorithm that is no longer secure',
    );
    const message = { level, code: 'message-unprotected', fileName: 'a.gpg' } as const;
    const texts = (['none', 'ends-early', 'missing', 'mismatch'] as const).map((problem) =>
      eventText({ ...message, problem }),
    );
    expect(texts).toEqual([
      '"a.gpg" is not protected: it has no integrity code (MDC)',
      '"a.gpg" is not protected: it ends too early',
      '"a.gpg" is not protected: its integrity code (MDC) is missing or cut off',
      '"a.gpg" is not protected: its integrity code (MDC) does not fit',
    ]);
  });
});
