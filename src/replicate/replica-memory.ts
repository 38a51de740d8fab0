/**
 * Which sets of a replica came from which source: what the source's retention has removed may be removed from the replica,
 * and nothing else. It lies in the archive dir of the replica; where it is lost nothing is removed.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../base/index.js';

const memoryName = 'duplifs-replica.json';
/** By the source's URL, without credentials: the keys of the sets. */
const memorySchema = z.object({
  version: z.literal(1),
  copied: z.record(z.string(), z.array(z.string())),
});

export class ReplicaMemory {
  readonly #path: string;
  readonly #sourceUrl: string;
  readonly #others: Readonly<Record<string, readonly string[]>>;
  readonly #copied: Set<string>;

  private constructor(
    path: string,
    sourceUrl: string,
    copied: Readonly<Record<string, readonly string[]>>,
  ) {
    const { [sourceUrl]: own = [], ...others } = copied;
    this.#path = path;
    this.#sourceUrl = sourceUrl;
    this.#others = others;
    this.#copied = new Set(own);
  }

  /** What cannot be read is as if nothing had been copied. */
  static async load(archiveFolder: string, sourceUrl: string): Promise<ReplicaMemory> {
    const path = join(archiveFolder, memoryName);
    try {
      const found = memorySchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return new ReplicaMemory(path, sourceUrl, found.copied);
    } catch {
      return new ReplicaMemory(path, sourceUrl, {});
    }
  }

  get copied(): ReadonlySet<string> {
    return this.#copied;
  }

  /** Notes a set before its first file is put, so that none is there that is not known. */
  async add(key: string): Promise<void> {
    if (this.#copied.has(key)) return;
    this.#copied.add(key);
    await this.#save();
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#copied.delete(key);
    await this.#save();
  }

  async #save(): Promise<void> {
    const copied = { ...this.#others, [this.#sourceUrl]: [...this.#copied] };
    await replaceFile(this.#path, `${JSON.stringify({ version: 1, copied })}\n`);
  }
}
