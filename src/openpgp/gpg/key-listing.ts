/** gpg's lists of keys with colons (GnuPG's doc/DETAILS, "Format of the colon listings"). */
import { ownertrustNumbers } from '../keys/key-record.js';
import type { KeyPart, KeyRecord, Ownertrust, OwnertrustLevel } from '../keys/key-record.js';

/** Numbers of the fields, from 0. */
const fields = {
  validity: 1,
  keyId: 4,
  expires: 6,
  ownertrust: 8,
  text: 9,
  uses: 11,
  token: 14,
} as const;

const ownertrustLetters: Readonly<Record<string, Ownertrust>> = {
  q: 'undefined',
  n: 'never',
  m: 'marginal',
  f: 'full',
  u: 'ultimate',
};

interface OpenRecord {
  fingerprint: string;
  readonly userIds: string[];
  readonly parts: KeyPart[];
  readonly isRevoked: boolean;
  readonly trust: NonNullable<KeyRecord['trust']>;
}

/**
 * The keys of a list, of public keys or of secret ones. In a list of public keys no part has a secret one: `withSecrets`
 * puts two lists together.
 */
export function parseKeyListing(text: string): KeyRecord[] {
  const records: OpenRecord[] = [];
  for (const line of text.split('\n')) {
    const words = line.split(':');
    const [type = ''] = words;
    const record = records.at(-1);
    if (type === 'pub' || type === 'sec') records.push(newRecord(words));
    else if (record === undefined) continue;
    else if (type === 'sub' || type === 'ssb') record.parts.push(partOf(words));
    else if (type === 'uid') record.userIds.push(unescaped(words[fields.text] ?? ''));
    else if (type === 'fpr') noteFingerprint(record, words[fields.text] ?? '');
  }
  return records;
}

/** The keys of a list of public keys, with what a list of secret keys tells of their parts. */
export function withSecrets(keys: readonly KeyRecord[], secret: readonly KeyRecord[]): KeyRecord[] {
  const parts = new Map(
    secret.flatMap((key) => key.parts).map((part) => [part.fingerprint, part.secret]),
  );
  return keys.map((key) => ({
    ...key,
    parts: key.parts.map((part) => ({ ...part, secret: parts.get(part.fingerprint) ?? 'none' })),
  }));
}

function newRecord(words: readonly string[]): OpenRecord {
  const validity = words[fields.validity] ?? '';
  return {
    fingerprint: '',
    userIds: [],
    parts: [partOf(words)],
    isRevoked: validity === 'r',
    trust: {
      isValid: validity === 'u' || validity === 'f',
      ownertrust: ownertrustLetters[words[fields.ownertrust] ?? ''] ?? 'unknown',
    },
  };
}

function partOf(words: readonly string[]): KeyPart {
  // capital letters tell of the whole key, small ones of this part
  const uses = words[fields.uses] ?? '';
  const expires = Number(words[fields.expires] ?? '');
  return {
    fingerprint: '',
    keyId: words[fields.keyId] ?? '',
    encrypts: uses.includes('e'),
    signs: uses.includes('s'),
    expiresSeconds: expires > 0 ? expires : undefined,
    isUsable: !/^[eirdn]$/.test(words[fields.validity] ?? ''),
    secret: secretOf(words),
  };
}

/** "+": there; "#": not there; else the number of the card. */
function secretOf(words: readonly string[]): KeyPart['secret'] {
  const [type] = words;
  if (type !== 'sec' && type !== 'ssb') return 'none';
  const token = words[fields.token] ?? '';
  if (token === '#') return 'none';
  return token === '+' || token === '' ? 'here' : 'card';
}

/** Each primary key and subkey has its fingerprint in a line after its own. */
function noteFingerprint(record: OpenRecord, fingerprint: string): void {
  const part = record.parts.at(-1);
  if (part === undefined || part.fingerprint !== '') return;
  record.parts[record.parts.length - 1] = { ...part, fingerprint };
  if (record.parts.length === 1) record.fingerprint = fingerprint;
}

/** As gpg escapes what would be in the way: `\x3a`, in UTF-8. */
function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** A line of a file of ownertrust, as `gpg --export-ownertrust` writes it. */
export function ownertrustLine(fingerprint: string, level: OwnertrustLevel): string {
  return `${fingerprint}:${ownertrustNumbers[level]}:`;
}

/** The lines of a file of ownertrust, by fingerprint; what is no such line is passed over. */
export function parseOwnertrust(text: string): Map<string, OwnertrustLevel> {
  const found = new Map<string, OwnertrustLevel>();
  for (const line of text.split(/\r?\n/)) {
    const [, fingerprint, number] = /^([0-9A-F]{40}|[0-9A-F]{64}):([0-9]+):$/.exec(line) ?? [];
    if (fingerprint === undefined) continue;
    // gpg keeps flags in the higher bits
    const level = levels.find((one) => ownertrustNumbers[one] === (Number(number) & 15));
    if (level !== undefined) found.set(fingerprint, level);
  }
  return found;
}

const levels = Object.keys(ownertrustNumbers) as readonly OwnertrustLevel[];
