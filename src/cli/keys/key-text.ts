/** Keys in words and as JSON. */
import { usesOf } from '../../openpgp/index.js';
import type { KeyRecord } from '../../openpgp/index.js';
import { formatLocalTime } from '../../time/index.js';

/** "FINGERPRINT  encrypt, open, sign" and lines below it. */
export function keyLines(record: KeyRecord): string[] {
  const uses = usesNamed(record);
  return [
    `${record.fingerprint}  ${uses.length === 0 ? 'cannot be used' : uses.join(', ')}`,
    ...record.userIds.map((userId) => `  ${userId}`),
    `  ${[placeOf(record), ...validityOf(record), ...trustOf(record)].join('; ')}`,
  ];
}

export function keyObject(record: KeyRecord): object {
  const { encrypts, signs, opens, expiresSeconds } = usesOf(record);
  const { fingerprint, userIds, parts, isRevoked, trust, path } = record;
  return {
    fingerprint,
    userIds,
    keyIds: parts.map(({ keyId }) => keyId),
    encrypts,
    signs,
    opens,
    expiresSeconds: expiresSeconds ?? parts[0]?.expiresSeconds ?? null,
    isRevoked,
    file: path ?? null,
    trusted: trust?.isValid ?? null,
    ownertrust: trust?.ownertrust ?? null,
  };
}

function usesNamed(record: KeyRecord): string[] {
  const { encrypts, opens, signs } = usesOf(record);
  return [encrypts ? ['encrypt'] : [], opens ? ['open'] : [], signs ? ['sign'] : []].flat();
}

function placeOf({ path, parts }: KeyRecord): string {
  const isOnCard = parts.some(({ secret }) => secret === 'card');
  if (path !== undefined) return `in "${path}"`;
  return isOnCard ? 'in the GnuPG keyring, the secret part on a card' : 'in the GnuPG keyring';
}

function validityOf(record: KeyRecord): string[] {
  if (record.isRevoked) return ['revoked'];
  const { expiresSeconds } = usesOf(record);
  const ended = record.parts[0]?.isUsable === false ? record.parts[0].expiresSeconds : undefined;
  if (ended !== undefined) return [`expired on ${formatLocalTime(ended)}`];
  return [
    expiresSeconds === undefined
      ? 'valid for ever'
      : `valid until ${formatLocalTime(expiresSeconds)}`,
  ];
}

function trustOf({ trust, fingerprint }: KeyRecord): string[] {
  if (trust === undefined) return [];
  return [trust.isValid ? 'trusted' : `not trusted (duplifs key trust ${fingerprint})`];
}
