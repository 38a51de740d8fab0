/** What goes into a kit for a target: looked for on this machine, and held against what the chains want. */
import { readFile } from 'node:fs/promises';
import { DuplifsError } from '../../base/index.js';
import { describeKit, kitPartNames } from '../../kit/index.js';
import type { KitDescription, KitPart } from '../../kit/index.js';
import { formatKeyArchive } from '../../openpgp/index.js';
import type { Keyring, KeyRecord } from '../../openpgp/index.js';
import { knownHostLines, publicUrl } from '../../storage/index.js';
import type { StorageOptions } from '../../storage/index.js';
import { newestChains, readersOfSets } from '../../target/index.js';
import type { SetReaders } from '../../target/index.js';
import { mayOpen, secretKeyFor } from '../keys/chain-needs.js';
import { archiveOf, wipeArchive } from '../keys/collect-keys.js';
import { keyNamed, keysAtHand } from '../keys/find-key.js';
import type { ListedTarget } from '../keys/open-target.js';
import { programVersion } from '../version.js';
import { credentialParts } from './credentials.js';
import { readmeText } from './readme.js';

export interface KitRequest {
  readonly url: string;
  /** Words for `options` of the description. */
  readonly options: readonly string[];
  readonly storageOptions: StorageOptions;
  readonly webdavHeaders: Readonly<Record<string, string>> | undefined;
  /** Ids of keys besides those that the chains name. */
  readonly moreKeys: readonly string[];
  readonly withCredentials: boolean;
  readonly withPassphrases: boolean;
  /** Make a kit that does not open all sets. */
  readonly allowMissingKeys: boolean;
  /** Parts that others add, such as a profile. */
  readonly moreParts: readonly KitPart[];
  readonly madeSeconds: number;
}

export interface CollectedKit {
  readonly parts: readonly KitPart[];
  readonly description: KitDescription;
  /** Whether a passphrase, which is not in the kit, opens what no key in it does. */
  readonly needsPassphrase: boolean;
}

/**
 * Collects the parts. Whoever has them wipes them.
 * @throws DuplifsError KEY when the kit would not open a set, NO_BACKUP when there is none
 */
export async function collectParts(
  request: KitRequest,
  keyring: Keyring,
  listed: ListedTarget,
  signal: AbortSignal,
): Promise<CollectedKit> {
  const { url, storageOptions, withCredentials, withPassphrases } = request;
  const readers = await allReaders(listed, signal);
  const records = await keysFor(request, keyring, { readers, listed }, signal);
  const needsPassphrase = readers.some((set) => set.hasPassphrase && !namesOne(set, records));
  const closed = readers.filter((set) => set.isEncrypted && !mayOpen(set, records));
  if (closed.length > 0 && !request.allowMissingKeys) throw missingKeys(closed);
  const description: KitDescription = {
    version: 1,
    madeSeconds: request.madeSeconds,
    producer: `duplifs ${programVersion()}`,
    url: publicUrl(url),
    options: [...request.options],
    keys: records.map(({ fingerprint, userIds, parts }) => ({
      fingerprint,
      userIds: [...userIds],
      isSecret: parts.some(({ secret }) => secret === 'here'),
    })),
    opensAll: closed.length === 0 && (!needsPassphrase || withPassphrases),
  };
  const parts: KitPart[] = [
    { name: kitPartNames.description, bytes: describeKit(description) },
    ...(await keyParts(keyring, records, signal)),
    ...(await hostParts(url, storageOptions)),
    ...(await certificateParts(storageOptions)),
    ...(withPassphrases ? passphraseParts(keyring) : []),
    ...(withCredentials ? await credentialParts(url, storageOptions, request.webdavHeaders) : []),
    ...request.moreParts,
  ];
  const names = new Set(parts.map(({ name }) => name));
  const readme = readmeText({ description, parts: names, needsPassphrase });
  return {
    parts: [{ name: kitPartNames.readme, bytes: Buffer.from(readme) }, ...parts],
    description,
    needsPassphrase,
  };
}

async function allReaders(
  { target, listing }: ListedTarget,
  signal: AbortSignal,
): Promise<SetReaders[]> {
  const all: SetReaders[] = [];
  for (const chain of newestChains(listing.collection.chains)) {
    for (const set of await readersOfSets(target, chain, signal)) all.push(set);
  }
  return all;
}

interface Examined {
  readonly readers: readonly SetReaders[];
  readonly listed: ListedTarget;
}

/** The secret keys that sets name, those that have signed as far as is known here, and those that were asked for. */
async function keysFor(
  { moreKeys }: KitRequest,
  keyring: Keyring,
  { readers, listed }: Examined,
  signal: AbortSignal,
): Promise<KeyRecord[]> {
  const all = await keysAtHand(keyring, signal);
  const found = new Map<string, KeyRecord>();
  const take = (record: KeyRecord | undefined): void => {
    if (record !== undefined && !found.has(record.fingerprint)) {
      found.set(record.fingerprint, record);
    }
  };
  for (const { keyIds } of readers) for (const id of keyIds) take(secretKeyFor(id, all));
  for (const { sets } of listed.listing.collection.chains) {
    const signer = sets[0] && listed.target.signKeyFor(sets[0].times);
    if (signer !== undefined) take(keyNamed(all, signer));
  }
  for (const id of moreKeys) take(keyNamed(all, id));
  return [...found.values()];
}

function namesOne({ keyIds }: SetReaders, records: readonly KeyRecord[]): boolean {
  return keyIds.some((id) => secretKeyFor(id, records) !== undefined);
}

async function keyParts(
  keyring: Keyring,
  records: readonly KeyRecord[],
  signal: AbortSignal,
): Promise<KitPart[]> {
  if (records.length === 0) return [];
  const archive = await archiveOf(keyring, { records, secret: 'what is here' }, signal);
  try {
    return [{ name: kitPartNames.keys, bytes: formatKeyArchive(archive, []) }];
  } finally {
    wipeArchive(archive);
  }
}

async function hostParts(url: string, options: StorageOptions): Promise<KitPart[]> {
  const lines = await knownHostLines(url, options);
  if (lines.length === 0) return [];
  return [{ name: kitPartNames.knownHosts, bytes: Buffer.from(`${lines.join('\n')}\n`) }];
}

async function certificateParts({ tls }: StorageOptions): Promise<KitPart[]> {
  if (tls?.caFile === undefined) return [];
  return [{ name: kitPartNames.certificates, bytes: await readFile(tls.caFile) }];
}

function passphraseParts({ passphrases, signPassphrases }: Keyring): KitPart[] {
  const known = [...passphrases.known, ...signPassphrases].filter(({ length }) => length > 0);
  const distinct = known.filter((one, at) => known.findIndex((other) => other.equals(one)) === at);
  if (distinct.length === 0) {
    throw new DuplifsError('KEY', 'There is no passphrase to put into the kit', {
      hint: 'Set PASSPHRASE, or give --passphrase-file',
    });
  }
  const lines = distinct.flatMap((passphrase) => [passphrase, Buffer.from('\n')]);
  return [{ name: kitPartNames.passphrases, bytes: Buffer.concat(lines) }];
}

function missingKeys(closed: readonly SetReaders[]): DuplifsError {
  const ids = [...new Set(closed.flatMap(({ keyIds }) => keyIds))].join(', ');
  const [first] = closed;
  const more = closed.length > 1 ? ` and ${closed.length - 1} more` : '';
  return new DuplifsError(
    'KEY',
    `The kit would not open the set ${first?.setKey ?? ''}${more}: the secret key ${ids} is not here`,
    {
      hint: 'Make it on the machine that has the secret keys, give them with --key-file, or leave them out with --allow-missing-keys',
    },
  );
}
