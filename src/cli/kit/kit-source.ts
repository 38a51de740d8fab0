import type { SecretSource } from '../keys/new-secret.js';

/** Where the passphrase of a kit comes from. */
export function kitSource({
  kitPassphraseFile: file,
}: {
  readonly kitPassphraseFile?: string;
}): SecretSource {
  return { what: 'the kit', variable: 'KIT_PASSPHRASE', file, fileOption: '--kit-passphrase-file' };
}
