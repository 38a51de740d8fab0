/** What `key generate` has made, in words and as JSON. */
import type { NewKey } from '../../openpgp/index.js';
import { formatLocalTime } from '../../time/index.js';
import type { NewSecret } from './new-secret.js';

export interface MadeKey {
  readonly key: NewKey;
  /** Undefined where it is in the GnuPG keyring. */
  readonly files: readonly string[] | undefined;
  /** Undefined where no passphrase protects it. */
  readonly secret: NewSecret | undefined;
  readonly validSeconds: number | undefined;
}

const optionOf = { encrypt: '--encrypt-key', sign: '--sign-key' } as const;

export function newKeyLines(made: readonly MadeKey[]): string[] {
  const lines = made.flatMap(({ key, files, secret, validSeconds }) => [
    `${key.use === 'encrypt' ? 'Encryption key' : 'Signing key   '}  ${key.fingerprint}`,
    `  ${key.userId}`,
    `  valid ${validSeconds === undefined ? 'for ever' : `until ${formatLocalTime(endOf(validSeconds))}`}`,
    ...(files === undefined
      ? ['  in the GnuPG keyring, trusted']
      : files.map((path) => `  in "${path}"`)),
    ...passphraseLines(secret),
    '',
  ]);
  const options = made.map(({ key }) => `${optionOf[key.use]} ${key.fingerprint}`);
  const prints = made.map(({ key }) => key.fingerprint).join(' ');
  const files = made.flatMap((one) => one.files ?? []);
  const keyFiles = files
    .filter((path) => path.endsWith('.secret.asc'))
    .map((path) => ` --key-file "${path}"`);
  return [
    ...lines,
    `Back up with:  ${options.join(' ')}${keyFiles.join('')}`,
    'Whoever loses the secret keys or their passphrases loses the backups. Keep a copy elsewhere:',
    `  duplifs key export --secret${keyFiles.join('')} ${prints} FILE`,
  ];
}

function passphraseLines(secret: NewSecret | undefined): string[] {
  if (secret === undefined) return ['  no passphrase: whoever has the secret key can use it'];
  if (secret.bits === undefined) return [];
  return [
    `  passphrase (${secret.bits} bits; write it down, it is kept nowhere):`,
    `    ${secret.passphrase.toString('utf8')}`,
  ];
}

export function newKeysObject(made: readonly MadeKey[]): object {
  return {
    keys: made.map(({ key, files, secret, validSeconds }) => ({
      use: key.use,
      fingerprint: key.fingerprint,
      userId: key.userId,
      option: optionOf[key.use],
      expiresSeconds: validSeconds === undefined ? null : endOf(validSeconds),
      files: files ?? null,
      hasPassphrase: secret !== undefined,
      // of those that were generated, for nobody else has them
      passphrase: secret?.bits === undefined ? undefined : secret.passphrase.toString('utf8'),
      passphraseBits: secret?.bits,
    })),
  };
}

function endOf(validSeconds: number): number {
  return Math.floor(Date.now() / 1000) + validSeconds;
}
