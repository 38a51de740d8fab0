/** Secret keys in a file that is encrypted itself. */
import type { KeyArchive } from '../../openpgp/index.js';
import { formatKeyArchive, sealedText } from '../../openpgp/index.js';
import type { SecretSource } from './new-secret.js';

/** Where the passphrase of a bundle comes from. */
export function bundleSource(
  path: string,
  { bundlePassphraseFile: file }: { readonly bundlePassphraseFile?: string },
): SecretSource {
  const what = `the bundle "${path}"`;
  return { what, variable: 'BUNDLE_PASSPHRASE', file, fileOption: '--bundle-passphrase-file' };
}

/** What heads the keys once they are decrypted. */
export const bundleComments = [
  'Keys of backups, with their secret parts: keep this from others.',
  'Each secret key still needs its own passphrase, if it has one.',
  'Into a GnuPG keyring, from the encrypted file:',
  '  gpg -d FILE | gpg --import',
  "  gpg -d FILE | grep -E '^[0-9A-F]{40}:[0-9]+:$' | gpg --import-ownertrust",
  'or: duplifs key import FILE',
];

/** The bundle: armored, for whoever knows the passphrase. */
export async function makeBundle(archive: KeyArchive, passphrase: Uint8Array): Promise<Buffer> {
  const text = formatKeyArchive(archive, bundleComments);
  try {
    return await sealedText(text, passphrase);
  } finally {
    text.fill(0);
  }
}
