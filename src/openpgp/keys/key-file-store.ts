import type { Key } from 'openpgp';

import { readKeyFile, secretKeysOf, unlock } from './key-files.js';
import type { KeyFile, SecretKey } from './key-files.js';

/** A key, and the file that it is in. */
export interface FiledKey {
  readonly key: Key;
  readonly path: string;
}

interface Contents {
  readonly all: readonly FiledKey[];
  readonly secret: readonly SecretKey[];
}

/** The key files of a keyring, read when they are first needed. */
export class KeyFiles {
  readonly #files: readonly KeyFile[];
  #contents: Promise<Contents> | undefined;
  #unlocking: Promise<unknown> = Promise.resolve();

  constructor(files: readonly KeyFile[]) {
    this.#files = files;
  }

  get none(): boolean {
    return this.#files.length === 0;
  }

  /** All keys, with a secret part or without. A DuplifsError (KEY) that names a file that holds none. */
  async all(): Promise<readonly Key[]> {
    return (await this.#read()).all.map(({ key }) => key);
  }

  /** The same with their files. */
  async withPaths(): Promise<readonly FiledKey[]> {
    return (await this.#read()).all;
  }

  /** The primary keys and subkeys with a secret part. */
  async secret(): Promise<readonly SecretKey[]> {
    return (await this.#read()).secret;
  }

  /** Whether the key is unlocked, or one of the passphrases does it; one key at a time. */
  unlock(key: SecretKey, passphrases: readonly Buffer[]): Promise<boolean> {
    const mine = this.#unlocking.then(() => unlock(key, passphrases));
    this.#unlocking = mine.catch(() => undefined);
    return mine;
  }

  #read(): Promise<Contents> {
    this.#contents ??= readAll(this.#files);
    return this.#contents;
  }
}

async function readAll(files: readonly KeyFile[]): Promise<Contents> {
  const all: FiledKey[] = [];
  const secret: SecretKey[] = [];
  for (const file of files) {
    const keys = await readKeyFile(file);
    for (const key of keys) all.push({ key, path: file.path });
    for (const key of secretKeysOf(file.path, keys)) secret.push(key);
  }
  return { all, secret };
}
