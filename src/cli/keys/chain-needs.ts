/** What opens the sets of a chain, held against what is at hand. Nothing is tried: `key test` does that. */
import { plural } from '../../archive/index.js';
import type { Chain } from '../../archive/index.js';
import { hasKeyId } from '../../openpgp/index.js';
import type { KeyRecord } from '../../openpgp/index.js';
import type { SetReaders } from '../../target/index.js';
import { formatLocalTime, formatStamp } from '../../time/index.js';

export interface AtHand {
  readonly keys: readonly KeyRecord[];
  /** Whether any passphrase is given. */
  readonly hasPassphrase: boolean;
}

export interface ChainNeeds {
  readonly lines: readonly string[];
  readonly json: object;
  /** False where a set is encrypted to keys that are named, none of which is at hand, and to no passphrase. */
  readonly mayBeOpened: boolean;
}

/** The secret key at hand that a message means by a long id. */
export function secretKeyFor(keyId: string, keys: readonly KeyRecord[]): KeyRecord | undefined {
  return keys.find(({ parts }) =>
    parts.some((part) => part.keyId === keyId && part.secret !== 'none'),
  );
}

export function chainNeeds(
  chain: Chain,
  readers: readonly SetReaders[],
  { keys, hasPassphrase }: AtHand,
): ChainNeeds {
  const ids = [...new Set(readers.flatMap(({ keyIds }) => keyIds))];
  const needs = ids.map((keyId) => ({ keyId, key: secretKeyFor(keyId, keys), keys }));
  const closed = readers.filter((set) => set.isEncrypted && !mayOpen(set, keys));
  const bySets = (fits: (set: SetReaders) => boolean): string => {
    const count = readers.filter(fits).length;
    return count === readers.length ? '' : ` (${count} of ${readers.length} sets)`;
  };
  const isOpen = readers.every(({ isEncrypted }) => !isEncrypted);
  const lines = [
    `Chain of ${formatStamp(chain.startSeconds)}, newest backup ${formatLocalTime(chain.endSeconds)}, ${readers.length} ${plural(readers.length, 'set')}`,
    ...(isOpen ? ['  is not encrypted'] : []),
    ...needs.map(
      ({ keyId, key }) =>
        `  the secret key ${keyId}${bySets((set) => set.keyIds.includes(keyId))}: ${placeOf(keyId, key, keys)}`,
    ),
    ...(readers.some(({ hiddenKeys }) => hiddenKeys > 0)
      ? [
          `  a secret key that is not named${bySets((set) => set.hiddenKeys > 0)}: "key test" tries those at hand`,
        ]
      : []),
    ...(readers.some((set) => set.hasPassphrase)
      ? [
          `  a passphrase${bySets((set) => set.hasPassphrase)}: ${hasPassphrase ? 'one is given, "key test" tries it' : 'none is given'}`,
        ]
      : []),
    ...(closed.length === 0
      ? []
      : [
          `  NOT at hand is what opens ${closed.length} of ${readers.length} ${plural(readers.length, 'set')}`,
        ]),
  ];
  const json = {
    chain: chain.sets[0]?.key,
    endSeconds: chain.endSeconds,
    mayBeOpened: closed.length === 0,
    keys: needs.map(({ keyId, key }) => ({
      keyId,
      fingerprint: (key ?? ownerOf(keyId, keys))?.fingerprint ?? null,
      isAtHand: key !== undefined,
      file: key?.path ?? null,
    })),
    sets: readers,
  };
  return { lines, json, mayBeOpened: closed.length === 0 };
}

/** Whether something at hand could open the set, as far as can be told without trying. */
export function mayOpen(set: SetReaders, keys: readonly KeyRecord[]): boolean {
  if (!set.isEncrypted || set.hiddenKeys > 0 || set.hasPassphrase) return true;
  return set.keyIds.some((keyId) => secretKeyFor(keyId, keys) !== undefined);
}

function ownerOf(keyId: string, keys: readonly KeyRecord[]): KeyRecord | undefined {
  return keys.find((key) => hasKeyId(key, keyId));
}

function placeOf(keyId: string, key: KeyRecord | undefined, keys: readonly KeyRecord[]): string {
  if (key === undefined) {
    const owner = ownerOf(keyId, keys);
    return owner === undefined
      ? 'not here'
      : `only the public part of ${owner.fingerprint} is here`;
  }
  const where = key.path === undefined ? 'in the GnuPG keyring' : `in "${key.path}"`;
  return `at hand, ${key.fingerprint} ${where}`;
}
