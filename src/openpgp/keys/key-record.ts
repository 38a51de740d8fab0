/** What is known of a key without using it: for lists, and to find the keys that a message wants. */

export interface KeyRecord {
  /** Upper case. */
  readonly fingerprint: string;
  readonly userIds: readonly string[];
  /** The primary key first. */
  readonly parts: readonly KeyPart[];
  readonly isRevoked: boolean;
  /** How far GnuPG takes it for its owner's; undefined for keys in files. */
  readonly trust?: KeyTrust | undefined;
  /** The file that it is in; undefined for the GnuPG keyring. */
  readonly path?: string | undefined;
}

export interface KeyTrust {
  /** Whether duplicity's --encrypt-key takes it: gpg holds it for valid. */
  readonly isValid: boolean;
  readonly ownertrust: Ownertrust;
}

/** A primary key or a subkey. */
export interface KeyPart {
  readonly fingerprint: string;
  /** 16 digits, as messages name it. */
  readonly keyId: string;
  readonly encrypts: boolean;
  readonly signs: boolean;
  /** Undefined: never. In seconds since the epoch. */
  readonly expiresSeconds?: number | undefined;
  /** Neither expired nor revoked. */
  readonly isUsable: boolean;
  /** Where its secret part is; what is on a card may be at hand or not. */
  readonly secret: 'here' | 'card' | 'none';
}

/** The levels of gpg's ownertrust with their numbers in its files. */
export const ownertrustNumbers = {
  undefined: 2,
  never: 3,
  marginal: 4,
  full: 5,
  ultimate: 6,
} as const;
export type OwnertrustLevel = keyof typeof ownertrustNumbers;
export type Ownertrust = OwnertrustLevel | 'unknown';

/** What a key can be used for now. */
export interface KeyUses {
  readonly encrypts: boolean;
  /** Of what can be done with the secret part. */
  readonly signs: boolean;
  readonly opens: boolean;
  /** When the first of the uses ends; undefined: never. */
  readonly expiresSeconds: number | undefined;
}

/** What can be done with the key at a time, and until when: the newest part for a use counts, as gpg chooses it. */
export function usesOf({ parts, isRevoked }: KeyRecord): KeyUses {
  const usable =
    isRevoked || parts[0]?.isUsable === false ? [] : parts.filter((one) => one.isUsable);
  const encrypting = usable.findLast(({ encrypts }) => encrypts);
  const signing = usable.findLast(({ signs, secret }) => signs && secret !== 'none');
  const opens = parts.some(({ encrypts, secret }) => encrypts && secret !== 'none');
  const ends = [usable[0], encrypting, signing].flatMap((part) => part?.expiresSeconds ?? []);
  return {
    encrypts: encrypting !== undefined,
    signs: signing !== undefined,
    opens,
    expiresSeconds: ends.sort((a, b) => a - b)[0],
  };
}

/** Whether the key or one of its subkeys has the long id. */
export function hasKeyId({ parts }: Pick<KeyRecord, 'parts'>, keyId: string): boolean {
  return parts.some((part) => part.keyId === keyId);
}

const soonSeconds = 60 * 86_400;

/** Whether that time is less than 60 days away, or past. */
export function isExpiringSoon(
  expiresSeconds: number | undefined,
  nowSeconds: number,
): expiresSeconds is number {
  return expiresSeconds !== undefined && expiresSeconds - nowSeconds < soonSeconds;
}
