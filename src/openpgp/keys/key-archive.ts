/**
 * Keys with all that belongs to them in one text: public parts, secret parts, ownertrust. gpg takes the keys out of it as
 * it stands (`gpg --import`), and grep the lines of ownertrust. Encrypted it is what `duplifs key export --secret` makes.
 */
import type { enums } from 'openpgp';
import { openpgp } from './library.js';
import { isArmored } from '../packets/armor.js';
import { ownertrustLine, parseOwnertrust } from '../gpg/key-listing.js';
import type { OwnertrustLevel } from './key-record.js';

export interface KeyArchive {
  /** Binary or armored, one or more keys each. */
  readonly publicKeys: readonly Uint8Array[];
  readonly secretKeys: readonly Uint8Array[];
  /** By fingerprint. */
  readonly ownertrust: ReadonlyMap<string, OwnertrustLevel>;
}

/** What can be read out of a file of keys. */
export interface KeyFileContents {
  /** For gpg: the whole file, or its armored blocks alone; undefined where it has no key. */
  readonly keys: Uint8Array | undefined;
  readonly ownertrust: ReadonlyMap<string, OwnertrustLevel>;
}

/** The text, headed by comments. The caller wipes it. */
export function formatKeyArchive(
  { publicKeys, secretKeys, ownertrust }: KeyArchive,
  comments: readonly string[],
): Buffer {
  const head = [
    ...comments.map((line) => (line === '' ? '#' : `# ${line}`)),
    ...[...ownertrust].map(([fingerprint, level]) => ownertrustLine(fingerprint, level)),
  ].map((line) => `${line}\n`);
  const { publicKey, privateKey } = openpgp().enums.armor;
  return Buffer.concat([
    Buffer.from(head.join('')),
    ...publicKeys.map((bytes) => armoredKey(bytes, publicKey)),
    ...secretKeys.map((bytes) => armoredKey(bytes, privateKey)),
  ]);
}

/** The keys and the ownertrust of a file: a key alone, ownertrust alone, or an archive. */
export function parseKeyFile(bytes: Uint8Array): KeyFileContents {
  if (!isArmored(bytes)) return { keys: bytes, ownertrust: new Map() };
  const text = Buffer.from(bytes).toString('latin1');
  const blocks = text.match(
    /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----[^]*?^-----END PGP .*$/gm,
  );
  const outside = text.replace(/^-----BEGIN PGP [^]*?^-----END PGP .*$/gm, '');
  return {
    keys: blocks === null ? undefined : Buffer.from(`${blocks.join('\n')}\n`, 'latin1'),
    ownertrust: parseOwnertrust(outside),
  };
}

function armoredKey(bytes: Uint8Array, type: enums.armor): Buffer {
  if (isArmored(bytes)) return Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]);
  const text = openpgp().armor(type, bytes, undefined, undefined, undefined, true);
  return Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1');
}
