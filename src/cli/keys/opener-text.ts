/** What has opened something, in words: which key, or where its passphrase came from. */
import type { Opener } from '../../openpgp/index.js';
import type { Log } from '../log.js';
import { environmentSecret, passphrasesIn } from '../secrets.js';

export async function openerText(
  opener: Opener | undefined,
  passphraseFiles: readonly string[],
  log: Log,
): Promise<string> {
  switch (opener?.kind) {
    case undefined:
      return 'nothing, for it is not encrypted';
    case 'passphrase':
      return `the passphrase ${await sourceOf(opener.passphrase, passphraseFiles, log)}`;
    case 'key-file':
      return `the secret key ${opener.keyId} in "${opener.path}"`;
    case 'gpg':
      return opener.keyId === undefined
        ? 'a secret key of the GnuPG keyring'
        : `the secret key ${opener.keyId} of the GnuPG keyring`;
  }
}

async function sourceOf(
  passphrase: Buffer,
  files: readonly string[],
  log: Pick<Log, 'warn'>,
): Promise<string> {
  if (environmentSecret('PASSPHRASE')?.equals(passphrase) === true) return 'of PASSPHRASE';
  for (const path of files) {
    const lines = await passphrasesIn(path, log);
    const at = lines.findIndex((line) => line.equals(passphrase));
    for (const line of lines) line.fill(0);
    if (at >= 0) return `number ${at + 1} in "${path}"`;
  }
  return 'that was typed';
}
