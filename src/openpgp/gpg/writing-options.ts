/**
 * `--gpg-options` where backups are written. gpg does not write them, so what its options ask of a message is done here;
 * those about keyrings, keys and the way that gpg runs go to the gpg that finds keys and signs. All others are refused:
 * an option that does nothing is worse than none.
 */
import { DuplifsError } from '../../base/index.js';
import type { CipherName } from '../packets/algorithms.js';
import { defaultFormat } from '../packets/message-format.js';
import type { MessageFormat } from '../packets/message-format.js';
import { decodeCount } from '../packets/s2k.js';

/** What the words ask for. */
export interface GpgWriting {
  /** For messages to keys. */
  readonly forKeys: MessageFormat;
  /** For messages that a passphrase opens. */
  readonly forPassphrases: MessageFormat;
  /** Of the compression, 0 for none; undefined where nothing is said of it. */
  readonly level: number | undefined;
  /** The keys that are encrypted to are not named. */
  readonly hideKeys: boolean;
  /** The number of the hash that signatures are made with. */
  readonly digest: number | undefined;
}

/** Names and numbers as gpg takes them, in lower case. */
const ciphers: Readonly<Record<string, CipherName>> = {
  aes: 'aes128',
  aes128: 'aes128',
  s7: 'aes128',
  aes192: 'aes192',
  s8: 'aes192',
  aes256: 'aes256',
  s9: 'aes256',
  camellia128: 'camellia128',
  s11: 'camellia128',
  camellia192: 'camellia192',
  s12: 'camellia192',
  camellia256: 'camellia256',
  s13: 'camellia256',
};
const hashes: Readonly<Record<string, number>> = {
  sha224: 11,
  h11: 11,
  sha256: 8,
  h8: 8,
  sha384: 9,
  h9: 9,
  sha512: 10,
  h10: 10,
};
/** SHA-1 is no weakness where a passphrase is hashed over and over. */
const s2kHashes: Readonly<Record<string, number>> = { ...hashes, sha1: 2, h2: 2 };
const compressions: Readonly<Record<string, 'zip' | 'none'>> = {
  zip: 'zip',
  z1: 'zip',
  1: 'zip',
  none: 'none',
  uncompressed: 'none',
  z0: 'none',
  0: 'none',
};

/** Options with a value that are done here. */
const done = new Set([
  ...['cipher-algo', 's2k-cipher-algo', 's2k-digest-algo', 's2k-count', 's2k-mode', 'digest-algo'],
  ...['compress-algo', 'compression-algo', 'compress-level', 'z'],
]);
const doneFlags = new Set(['throw-keyids', 'throw-keyid', 'no-throw-keyids', 'force-mdc']);
/** What gpg itself heeds where it finds keys or signs: which keyring, which keys, how to run. */
const forGpg = new Set([
  ...['homedir', 'keyring', 'primary-keyring', 'secret-keyring', 'trustdb-name', 'options'],
  ...['trust-model', 'trusted-key', 'pinentry-mode', 'agent-program', 'dirmngr-program'],
  ...['display', 'ttyname', 'ttytype', 'lc-ctype', 'lc-messages', 'keyid-format', 'weak-digest'],
  ...['logger-file', 'log-file', 'auto-key-locate', 'faked-system-time', 'gpg-agent-info'],
]);
const flagsForGpg = new Set([
  ...['no-default-keyring', 'no-options', 'always-trust', 'batch', 'no-tty', 'yes', 'quiet', 'q'],
  ...['verbose', 'v', 'no-verbose', 'no-greeting', 'expert', 'no-permission-warning'],
  ...['no-secmem-warning', 'lock-once', 'lock-multiple', 'lock-never', 'no-autostart'],
  ...['no-auto-check-trustdb', 'no-auto-key-locate', 'no-auto-key-retrieve', 'no-random-seed-file'],
  ...['ignore-time-conflict', 'ignore-valid-from', 'allow-weak-digest-algos', 'no-sig-cache'],
  ...['use-agent', 'no-use-agent', 'no-emit-version', 'no-mdc-warning', 'no-sk-comments'],
]);

/**
 * Reads the words of `--gpg-options`.
 *
 * @throws DuplifsError USAGE that names the first one that cannot be honoured
 */
export function gpgWriting(words: readonly string[]): GpgWriting {
  const values = new Map<string, string>();
  let hideKeys = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const { name, attached } = split(word);
    if (doneFlags.has(name) || flagsForGpg.has(name)) {
      if (attached !== undefined) throw refused(word, 'it takes no value');
      if (name.includes('throw-keyid')) hideKeys = !name.startsWith('no-');
      continue;
    }
    if (!done.has(name) && !forGpg.has(name)) throw refused(word);
    const value = attached ?? words[(at += 1)];
    if (value === undefined) throw refused(word, 'it wants a value');
    if (done.has(name)) values.set(name, value);
  }
  return { ...asked(values), hideKeys };
}

function asked(values: ReadonlyMap<string, string>): Omit<GpgWriting, 'hideKeys'> {
  const pick = <T>(name: string, table: Readonly<Record<string, T>>): T | undefined => {
    const value = values.get(name);
    if (value === undefined) return undefined;
    const key = value.toLowerCase();
    if (Object.hasOwn(table, key)) return table[key];
    const known = Object.keys(table).filter((one) => !/^[shz]?\d+$/.test(one));
    throw refused(`--${name} ${value}`, `duplifs can do ${known.join(', ')}`);
  };
  const cipher = pick('cipher-algo', ciphers);
  const s2kCipher = pick('s2k-cipher-algo', ciphers);
  const { s2k, cipher: usual } = defaultFormat;
  pick('s2k-mode', { 3: 3 });
  const forPassphrases = {
    cipher: cipher ?? s2kCipher ?? usual,
    s2k: {
      hash: pick('s2k-digest-algo', s2kHashes) ?? s2k.hash,
      count: countOctet(values.get('s2k-count')) ?? s2k.count,
    },
  };
  const compression = pick('compress-algo', compressions) ?? pick('compression-algo', compressions);
  const level = levelOf(values.get('compress-level') ?? values.get('z'));
  return {
    forKeys: { ...forPassphrases, cipher: cipher ?? usual },
    forPassphrases,
    level: compression === 'none' ? 0 : level,
    digest: pick('digest-algo', hashes),
  };
}

/** "--name", "--name=value", "-z9", "-z" and "-v". */
function split(word: string): { readonly name: string; readonly attached: string | undefined } {
  const [, long, value] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return { name: long, attached: value };
  const [, letter = '', rest = ''] = /^-([a-z])(.*)$/s.exec(word) ?? [];
  return { name: letter, attached: rest === '' ? undefined : rest };
}

/** The octet for the lowest count that is no lower, as gpg chooses it. */
function countOctet(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const wanted = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  for (let octet = 0; octet <= 255; octet += 1) {
    if (wanted >= 1024 && decodeCount(octet) >= wanted) return octet;
  }
  throw refused(`--s2k-count ${text}`, `it is a number from 1024 to ${decodeCount(255)}`);
}

function levelOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]$/.test(text)) return Number(text);
  throw refused(`--compress-level ${text}`, 'it is a number from 0 to 9');
}

function refused(
  option: string,
  why = 'it does nothing where duplifs writes a backup',
): DuplifsError {
  return new DuplifsError('USAGE', `"${option}" in --gpg-options cannot be honoured: ${why}`, {
    hint:
      'duplifs writes the messages itself. It heeds cipher-algo, compress-algo, compress-level, s2k-*, digest-algo, ' +
      'throw-keyids, and options of gpg for keyrings, trust and pinentry',
  });
}
