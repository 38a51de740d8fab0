import { isExpiringSoon } from '../../openpgp/index.js';
import type { BackupOptions } from '../options.js';

/** Warns of keys that will soon have expired: on that day the backups end, and nobody may be looking. */
export function tellOfExpiry({ encoding, currentTime, report }: BackupOptions): void {
  if (encoding.container !== 'gpg') return;
  const now = currentTime ?? Date.now() / 1000;
  for (const { key, expiresSeconds } of encoding.encryptTo) {
    if (!isExpiringSoon(expiresSeconds, now)) continue;
    const primary = 'mainKey' in key ? key.mainKey : key;
    const fingerprint = primary.getFingerprint().toUpperCase();
    const code = 'key-expires-soon';
    report({ level: 'warning', code, use: 'encrypt', fingerprint, expiresSeconds });
  }
  const { signer } = encoding;
  if (signer === undefined || !isExpiringSoon(signer.expiresSeconds, now)) return;
  const { fingerprint, expiresSeconds } = signer;
  report({ level: 'warning', code: 'key-expires-soon', use: 'sign', fingerprint, expiresSeconds });
}
