/**
 * What this machine has learned of a target, and holds it to from then on: which chains are encrypted, who signed them,
 * and which set was the newest. It lies in the archive dir, which the storage's owner cannot write to. Unlike the
 * catalog it is no cache: what it knew cannot be had again from the storage.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DuplifsError, errorText, replaceFile } from '../../base/index.js';

/** Its name in the target's folder of the archive dir. */
export const trustFileName = 'duplifs-trust.json';

const trustSchema = z.object({
  version: z.literal(1),
  /** Keys of chains of which an encrypted file was opened here. */
  encrypted: z.array(z.string()),
  /** Keys of chains that were written in the clear from here. */
  plain: z.array(z.string()),
  /** By the key of a chain: the id of the key that signed it, as a user gave it. */
  signers: z.record(z.string(), z.string()),
  /** The newest set whose manifest was read or written here. */
  newest: z.object({ key: z.string(), endSeconds: z.number().int() }).optional(),
});

type TrustData = z.infer<typeof trustSchema>;

/** A set as the memory keeps it. */
export type SeenSet = NonNullable<TrustData['newest']>;

export class TrustMemory {
  readonly #archiveFolder: string;
  readonly #encrypted: Set<string>;
  readonly #plain: Set<string>;
  readonly #signers: Map<string, string>;
  #newest: SeenSet | undefined;
  #isChanged = false;
  /** Whether the newest set is to be what it is here, though another process may have noted a newer one. */
  #isNewestForced = false;

  private constructor(archiveFolder: string, data: TrustData) {
    this.#archiveFolder = archiveFolder;
    this.#encrypted = new Set(data.encrypted);
    this.#plain = new Set(data.plain);
    this.#signers = new Map(Object.entries(data.signers));
    this.#newest = data.newest;
  }

  /**
   * Reads it from the archive dir; empty where nothing was noted yet.
   * @throws DuplifsError TARGET when it is there and cannot be read: what it would demand is not known then
   */
  static async load(archiveFolder: string): Promise<TrustMemory> {
    const path = join(archiveFolder, trustFileName);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && /^ENO(ENT|TDIR)$/.test(String(error.code))) {
        return new TrustMemory(archiveFolder, {
          version: 1,
          encrypted: [],
          plain: [],
          signers: {},
        });
      }
      throw unreadable(path, error);
    }
    try {
      return new TrustMemory(archiveFolder, trustSchema.parse(JSON.parse(text)));
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  isEncrypted(chainKey: string): boolean {
    return this.#encrypted.has(chainKey);
  }

  isPlain(chainKey: string): boolean {
    return this.#plain.has(chainKey);
  }

  /** Whether any chain was encrypted. */
  get knowsEncrypted(): boolean {
    return this.#encrypted.size > 0;
  }

  /** The id of the key that has signed what was read or written of the chain. */
  signerOf(chainKey: string): string | undefined {
    return this.#signers.get(chainKey);
  }

  get newest(): SeenSet | undefined {
    return this.#newest;
  }

  noteEncrypted(chainKey: string): void {
    if (this.#encrypted.has(chainKey)) return;
    this.#encrypted.add(chainKey);
    this.#isChanged = true;
  }

  notePlain(chainKey: string): void {
    if (this.#plain.has(chainKey)) return;
    this.#plain.add(chainKey);
    this.#isChanged = true;
  }

  noteSigner(chainKey: string, keyId: string): void {
    if (this.#signers.get(chainKey) === keyId) return;
    this.#signers.set(chainKey, keyId);
    this.#isChanged = true;
  }

  /** Notes a set that was read or written, if there was none that is newer. */
  noteSet(set: SeenSet): void {
    if (this.#newest !== undefined && this.#newest.endSeconds >= set.endSeconds) return;
    this.#newest = set;
    this.#isChanged = true;
  }

  /** Makes another set, or none, the newest: when the user says that the one that is gone may be. */
  replaceNewest(set: SeenSet | undefined): void {
    this.#newest = set;
    this.#isChanged = true;
    this.#isNewestForced = true;
  }

  /** Writes it down if something was added. Nothing is forgotten that another process has noted meanwhile. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const known = await TrustMemory.load(this.#archiveFolder);
    if (!this.#isNewestForced && known.#newest !== undefined) this.noteSet(known.#newest);
    const data: TrustData = {
      version: 1,
      encrypted: [...new Set([...known.#encrypted, ...this.#encrypted])],
      plain: [...new Set([...known.#plain, ...this.#plain])],
      signers: Object.fromEntries([...known.#signers, ...this.#signers]),
      newest: this.#newest,
    };
    const isForced = this.#isNewestForced;
    // what is noted while it is written is for the next time
    this.#isChanged = false;
    this.#isNewestForced = false;
    try {
      // a replica's source was only read here
      await mkdir(this.#archiveFolder, { recursive: true, mode: 0o700 });
      await replaceFile(join(this.#archiveFolder, trustFileName), `${JSON.stringify(data)}\n`);
    } catch (error) {
      this.#isChanged = true;
      this.#isNewestForced ||= isForced;
      throw error;
    }
  }
}

function unreadable(path: string, error: unknown): DuplifsError {
  return new DuplifsError(
    'TARGET',
    `Cannot read what this machine knows of the backup, "${path}": ${errorText(error)}`,
    {
      hint: 'Mend it or move it aside; without it nobody here knows whether the backup was encrypted, signed, or newer',
      cause: error,
    },
  );
}
