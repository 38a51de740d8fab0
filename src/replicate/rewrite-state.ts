/**
 * What an interrupted run has written of a set anew, so that the next one goes on behind it: JSON lines in the archive
 * dir of the replica, one for each volume that lies there and was read back. Never a session key.
 */
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { volumeRecordSchema } from '../backup/index.js';

const volumeLine = z.object({
  record: volumeRecordSchema,
  /** Where the tars of the volumes that it was made of begin in its plaintext, in bytes. */
  offsets: z.array(z.int().nonnegative()),
});
export type RewrittenVolume = z.infer<typeof volumeLine>;

/** Of the first line: a run that would write something else begins anew. */
export interface RewrittenSet {
  readonly key: string;
  /** Of the volumes that it is made of. */
  readonly volumesDigest: string;
  readonly encoding: string;
  readonly volumeBytes: number | null;
}

export class RewriteState {
  readonly #path: string;
  readonly #volumes = new Map<number, RewrittenVolume>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Reads what there is of the set, or begins anew. */
  static async open(archiveFolder: string, set: RewrittenSet): Promise<RewriteState> {
    const state = new RewriteState(join(archiveFolder, `duplifs-replicating.${set.key}`));
    const header = JSON.stringify({ version: 1, ...set });
    const text = await readFile(state.#path, 'utf8').catch(() => '');
    const [first, ...lines] = text.split('\n');
    if (first !== header) {
      await writeFile(state.#path, `${header}\n`, { mode: 0o600 });
      return state;
    }
    for (const line of lines) {
      const volume = parsed(line);
      if (volume !== undefined) state.#volumes.set(volume.record.number, volume);
    }
    return state;
  }

  get(number: number): RewrittenVolume | undefined {
    return this.#volumes.get(number);
  }

  async add(volume: RewrittenVolume): Promise<void> {
    this.#volumes.set(volume.record.number, volume);
    // a line of its own, also behind one that was cut off
    await appendFile(this.#path, `\n${JSON.stringify(volume)}`, { flush: true });
  }

  /** The set is whole. */
  async end(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

function parsed(line: string): RewrittenVolume | undefined {
  try {
    return volumeLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
