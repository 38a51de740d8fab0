import { randomBytes } from 'node:crypto';
import type { NamePrefixes } from '../../archive/index.js';

const digits = /^[0-9a-f]{16}$/;

/** A name for a lock that nobody else has: duplicity passes over it. */
export function newLockName(prefixes: NamePrefixes): string {
  return `${lockPrefix(prefixes)}${randomBytes(8).toString('hex')}`;
}

/** Whether a name on the storage is that of a lock. */
export function isLockName(name: string, prefixes: NamePrefixes): boolean {
  const prefix = lockPrefix(prefixes);
  return name.startsWith(prefix) && digits.test(name.slice(prefix.length));
}

function lockPrefix({ all }: NamePrefixes): string {
  return `${all}duplifs-lock.`;
}
