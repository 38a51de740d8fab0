/** duplicity's questions: programs that call it wait for these words (docs/format/2-behaviour.md 6.4). */

export const duplicityWords = {
  passphrase: 'GnuPG passphrase for decryption',
  again: 'Retype passphrase for decryption to confirm',
  signing: 'GnuPG passphrase for signing key',
  isEmpty: 'Cannot use empty passphrase with symmetric encryption!  Please try again.',
  differ: 'First and second passphrases do not match!  Please try again.',
} as const;

/** Whether one of our questions is for the passphrase of a key that signs. */
export function isAboutSigning(question: string): boolean {
  return /signing key/.test(question);
}

/** One of our questions as duplicity asks it. */
export function asDuplicityAsks(question: string): string {
  if (!/passphrase/i.test(question)) return question;
  return isAboutSigning(question) ? duplicityWords.signing : duplicityWords.passphrase;
}
