import type { Encoding } from '../../volume/index.js';

/** Who can read a set and how it is packed: what must be the same for a run to go on with it. No secrets. */
export function describeEncoding(encoding: Encoding): string {
  if (encoding.container !== 'gpg') return encoding.container;
  const keys = encoding.encryptTo.map(({ key, hidden }) => {
    const print = key.getFingerprint().toUpperCase();
    return hidden ? `${print} hidden` : print;
  });
  const passphrases = encoding.passphrases.map(() => 'passphrase');
  const signer = encoding.signer === undefined ? [] : [`signed by ${encoding.signer.fingerprint}`];
  return ['gpg', ...keys.sort(), ...passphrases, ...signer].join(', ');
}
