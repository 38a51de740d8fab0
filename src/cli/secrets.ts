/**
 * The passphrases of the environment and of files, as bytes. Node.js decodes variables as UTF-8 and loses what is not,
 * and another passphrase would open the backup then, or encrypt it: the bytes are taken from the system, or the
 * passphrase is refused.
 */
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { DuplifsError, errorText } from '../base/index.js';
import { handedOverSecret } from './hand-over.js';
import type { Keyring } from '../openpgp/index.js';
import type { Log } from './log.js';

export type SecretVariable =
  'PASSPHRASE' | 'SIGN_PASSPHRASE' | 'BUNDLE_PASSPHRASE' | 'KIT_PASSPHRASE';

const replacement = '\ufffd';
const newline = 0x0a;
const maxFileBytes = 64 * 1024;
/** Each that is tried costs some 0.1 s. */
const maxPassphrases = 64;

/** What was taken out of the environment, so that threads and programs that are started later do not get it. */
const taken = new Map<SecretVariable, Buffer | undefined>();

/**
 * A secret of the environment; undefined when it is not set.
 * @throws DuplifsError KEY when its bytes cannot be had
 */
export function environmentSecret(name: SecretVariable): Buffer | undefined {
  if (!taken.has(name)) {
    taken.set(name, handedOverSecret(name) ?? fromEnvironment(name));
    Reflect.deleteProperty(process.env, name);
  }
  return taken.get(name);
}

/** Has a secret count instead of the one that the environment may have. */
export function giveSecret(name: SecretVariable, bytes: Buffer): void {
  taken.set(name, Buffer.from(bytes));
  Reflect.deleteProperty(process.env, name);
}

function fromEnvironment(name: SecretVariable): Buffer | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  if (!text.includes(replacement)) return Buffer.from(text);
  const bytes = environmentBytes(name);
  // a passphrase that holds U+FFFD itself is all right
  if (bytes?.toString('utf8') === text) return bytes;
  throw new DuplifsError('KEY', `${name} is not UTF-8, and this system does not give its bytes`, {
    hint: 'Write the passphrase into a file that only you can read, and give it by --passphrase-file',
  });
}

/** A variable as the process got it when it was started (proc(5), "environ"). */
function environmentBytes(name: string): Buffer | undefined {
  try {
    const all = readFileSync('/proc/self/environ');
    const prefix = Buffer.from(`${name}=`);
    for (let at = 0; at < all.length;) {
      const end = all.indexOf(0, at) < 0 ? all.length : all.indexOf(0, at);
      const variable = all.subarray(at, end);
      if (variable.subarray(0, prefix.length).equals(prefix)) {
        return Buffer.from(variable.subarray(prefix.length));
      }
      at = end + 1;
    }
  } catch {
    // not Linux
  }
  return undefined;
}

const keyrings = new Set<Pick<Keyring, 'wipe'>>();

/** Has a keyring wiped at the end. */
export function wipedAtEnd<T extends Pick<Keyring, 'wipe'>>(keyring: T): T {
  keyrings.add(keyring);
  return keyring;
}

/** Overwrites the secrets that were taken, when a command has ended. */
export function wipeSecrets(): void {
  for (const secret of taken.values()) secret?.fill(0);
  taken.clear();
  for (const keyring of keyrings) keyring.wipe();
  keyrings.clear();
}

/** What gives passphrases on a command line. */
export interface PassphraseOptions {
  readonly passphraseFile: readonly string[];
}

/**
 * All passphrases that are given: PASSPHRASE first, then the lines of the files in their order.
 * @throws DuplifsError KEY when a file cannot be read, or holds none
 */
export async function givenPassphrases(
  { passphraseFile }: PassphraseOptions,
  log: Pick<Log, 'warn'>,
): Promise<Buffer[]> {
  const fromVariable = environmentSecret('PASSPHRASE');
  const all: Buffer[] = fromVariable === undefined ? [] : [Buffer.from(fromVariable)];
  for (const path of passphraseFile) {
    for (const passphrase of await passphrasesIn(path, log)) all.push(passphrase);
  }
  if (all.length <= maxPassphrases) return all;
  throw new DuplifsError(
    'KEY',
    `${all.length} passphrases are given, and ${maxPassphrases} are the most`,
  );
}

/**
 * The lines of a file that are not empty: each is a passphrase, byte for byte.
 * @throws DuplifsError KEY when the file cannot be read, or holds none
 */
export async function passphrasesIn(path: string, log: Pick<Log, 'warn'>): Promise<Buffer[]> {
  const bytes = await readSecretFile(path, log);
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(newline, at) < 0 ? bytes.length : bytes.indexOf(newline, at);
    if (end > at) lines.push(Buffer.from(bytes.subarray(at, end)));
    at = end + 1;
  }
  bytes.fill(0);
  if (lines.length > 0) return lines;
  throw new DuplifsError('KEY', `There is no passphrase in "${path}"`, {
    hint: 'Write one a line',
  });
}

async function readSecretFile(path: string, log: Pick<Log, 'warn'>): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (stats.isFile() && (stats.mode & 0o077) !== 0) {
        log.warn(`Others may read the passphrases in "${path}"; run: chmod 600 "${path}"`);
      }
      const bytes = Buffer.alloc(maxFileBytes + 1);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length);
        if (bytesRead === 0) return bytes.subarray(0, length);
        length += bytesRead;
      }
      throw new Error(`it is larger than ${maxFileBytes} bytes`);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new DuplifsError('KEY', `Cannot read the passphrases in "${path}": ${errorText(error)}`, {
      cause: error,
    });
  }
}
