/**
 * Passphrases are bytes: those that were typed, or stand in a file or the environment, UTF-8 or not. They are kept in
 * Buffers, which are wiped when they are no longer needed, and never made into strings.
 */
import { isUtf8 } from 'node:buffer';

/** As a caller may give one; text is taken as UTF-8. */
export type Passphrase = string | Uint8Array;

const newline = 0x0a;

/** A passphrase as gpg takes it from duplicity: up to the first newline (docs/format/1-bytes.md 7.5). */
export function passphraseBytes(passphrase: Passphrase): Buffer {
  const bytes = typeof passphrase === 'string' ? Buffer.from(passphrase) : passphrase;
  const end = bytes.indexOf(newline);
  return copyOf(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A copy in memory of its own, outside the pool that small Buffers share. */
function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.alloc(bytes.length);
  copy.set(bytes);
  return copy;
}

/** The passphrases without those that were there before, in memory of their own. */
export function distinctPassphrases(passphrases: readonly Passphrase[]): Buffer[] {
  const distinct: Buffer[] = [];
  for (const bytes of passphrases.map(passphraseBytes)) {
    if (!distinct.some((one) => one.equals(bytes))) distinct.push(bytes);
  }
  return distinct;
}

/** The text of a passphrase; undefined when it is not UTF-8. */
export function passphraseText(passphrase: Uint8Array): string | undefined {
  return isUtf8(passphrase) ? Buffer.from(passphrase).toString('utf8') : undefined;
}
