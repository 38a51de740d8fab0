/** Secrets that stand in a profile itself are for its owner's eyes only. */
import { DuplifsError } from '../../base/index.js';
import { publicUrl } from '../../storage/index.js';
import type { OwnValues, SecretSource } from '../schema.js';
import type { CheckedFile } from './check-file.js';
import { lineOf } from './key-lines.js';
import type { KeyPath } from './key-lines.js';
import type { ProfileFile } from './read-profile-file.js';

/** The first key of a file whose value is a secret itself: `secrets.PASSPHRASE`, `url`. */
export function ownSecretIn({ own, options }: CheckedFile): string | undefined {
  return (secretIn(own) ?? headersIn(options))?.join('.');
}

/** @throws DuplifsError PROFILE when others may read a file that holds a secret; says how to mend it */
export function refuseOpenSecrets(file: ProfileFile, { own, options }: CheckedFile): void {
  if (!file.isOpenToOthers) return;
  const found = secretIn(own) ?? headersIn(options);
  if (found === undefined) return;
  const place = `${file.path}:${lineOf(file.lines, found) ?? 1}`;
  throw new DuplifsError(
    'PROFILE',
    `${place}: ${found.join('.')}: This is a secret, and others may read the file`,
    { hint: `Run: chmod 600 "${file.path}"; or let it come from a file, a command or a keyring` },
  );
}

/** The first key whose value is a secret itself. */
function secretIn({ url, secrets = {}, notify = [] }: OwnValues): KeyPath | undefined {
  if (typeof url === 'string' && publicUrl(url) !== url) return ['url'];
  for (const [name, source] of Object.entries(secrets)) {
    if (isLiteral(source)) return ['secrets', name];
  }
  for (const [index, notice] of notify.entries()) {
    for (const key of ['password', 'token', 'smtp', 'url'] as const) {
      const value: unknown = key in notice ? notice[key as keyof typeof notice] : undefined;
      if (typeof value === 'string' && isSecretText(key, value)) return ['notify', index, key];
    }
    if (!('headers' in notice)) continue;
    for (const [name, value] of Object.entries(notice.headers ?? {})) {
      if (isLiteral(value) && /auth|token|key|cookie/i.test(name)) {
        return ['notify', index, 'headers', name];
      }
    }
  }
  return undefined;
}

/** Whoever knows the URL of a hook can call it; one of a server's with a token of its own is harmless. */
function isSecretText(key: string, value: string): boolean {
  if (key === 'password' || key === 'token') return true;
  return publicUrl(value) !== value || /hooks\.slack\.com|\/webhooks?\//i.test(value);
}

function headersIn(options: CheckedFile['options']): KeyPath | undefined {
  const isGiven = options.some(({ key }) => key === 'webdav-headers');
  return isGiven ? ['webdav-headers'] : undefined;
}

function isLiteral(source: SecretSource): boolean {
  return typeof source === 'string';
}
