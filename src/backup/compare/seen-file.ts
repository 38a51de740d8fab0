/**
 * What this machine remembers of the regular files of the last set: size, inode and exact times, none of which
 * the format keeps. With it a change that leaves mtime, mode and owner as they were is noticed all the same
 * (docs/format/README.md, "Where duplifs does otherwise"). Lines of text in the order of paths, gzipped, so that
 * it is read beside the walk in constant memory:
 *
 *     duplifs-seen 1 <key of the set> <when the walk began, milliseconds>
 *     <size> <inode> <mtime, ms> <ctime, ms> <path, as JSON>
 *
 * It is a help and no more: lost, of another set or damaged, it is as if there were none.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createGzip } from 'node:zlib';
import type { Gzip } from 'node:zlib';
import { BatchCursor, comparePaths } from '../../base/index.js';
import type { WalkEntry } from '../../source/index.js';

export const seenFileName = 'duplifs-seen.gz';

interface SeenRecord {
  readonly path: string;
  readonly facts: string;
}

/** Reads what was remembered; paths must be asked for in order. */
export class SeenReader {
  readonly #records: BatchCursor<SeenRecord>;
  readonly #lines: AsyncGenerator<readonly string[]>;
  readonly #sinceMs: number;

  private constructor(
    first: readonly string[],
    lines: AsyncGenerator<readonly string[]>,
    sinceMs: number,
  ) {
    this.#records = new BatchCursor(recordsOf(first, lines));
    this.#lines = lines;
    this.#sinceMs = sinceMs;
  }

  /** Undefined when there is nothing for this set. */
  static async open(path: string, setKey: string): Promise<SeenReader | undefined> {
    const lines = linesOf(path);
    const first = await lines.next();
    const [header = '', ...others] = first.done === true ? [] : first.value;
    const [name, version, key, sinceMs] = header.split(' ');
    if (name === 'duplifs-seen' && version === '1' && key === setKey) {
      return new SeenReader(others, lines, Number(sinceMs));
    }
    await lines.return(undefined);
    return undefined;
  }

  /** Goes on to the path, or to the first after it; undefined when that needed no waiting. */
  seek(path: string): Promise<void> | undefined {
    const records = this.#records;
    while (records.item !== undefined && comparePaths(records.item.path, path) < 0) records.step();
    return records.isDry ? records.refill().then(() => this.seek(path)) : undefined;
  }

  /**
   * Whether the file, whose path was sought, is the very one that the last set read; undefined when it is not
   * remembered. A file that changed while or after the last walk began may have changed again within the same tick
   * of the clock.
   */
  isSame(entry: WalkEntry): boolean | undefined {
    const { item } = this.#records;
    if (item?.path !== entry.path) return undefined;
    return item.facts === factsOf(entry) && entry.ctimeMs < this.#sinceMs;
  }

  async close(): Promise<void> {
    await this.#records.close();
    await this.#lines.return(undefined); // the records may not have been begun
  }
}

/** The records of the lines up to the first that is damaged. */
async function* recordsOf(
  first: readonly string[],
  others: AsyncIterator<readonly string[]>,
): AsyncGenerator<SeenRecord[]> {
  for (let lines = first; ;) {
    const records: SeenRecord[] = [];
    for (const line of lines) {
      const record = recordOf(line);
      if (record === undefined) break;
      records.push(record);
    }
    yield records;
    if (records.length < lines.length) return;
    const next = await others.next();
    if (next.done === true) return;
    lines = next.value;
  }
}

function recordOf(line: string): SeenRecord | undefined {
  const at = line.indexOf(' "');
  if (at < 0 || !line.endsWith('"')) return undefined;
  const path = pathOf(line.slice(at + 1));
  return path === undefined ? undefined : { facts: line.slice(0, at), path };
}

/** JSON is parsed only where the path is not what stands between the quotes. */
function pathOf(json: string): string | undefined {
  if (!json.includes('\\')) return json.slice(1, -1);
  try {
    return String(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Inflated in one go, for each is a way to libuv's pool and back. */
const inflatedBytes = 512 * 1024;
/** Made text in one go: short, for V8 keeps what lies in large strings for long. */
const textBytes = 32 * 1024;

/** The lines of the file, those of a piece at a time, as far as it can be read. */
async function* linesOf(path: string): AsyncGenerator<string[]> {
  const input = createReadStream(path, { highWaterMark: inflatedBytes });
  const inflated = createGunzip({ chunkSize: inflatedBytes });
  input.on('error', (error) => inflated.destroy(error));
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of input.pipe(inflated) as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += textBytes) {
        const text = decoder.write(chunk.subarray(at, at + textBytes));
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        if (lines.length > 0) yield lines;
      }
    }
    if (rest !== '') yield [rest];
  } catch {
    // missing or damaged: what was read until then counts
  } finally {
    input.destroy();
  }
}

/** Writes what the next run is to remember; it counts once `commit` was called. */
export class SeenWriter {
  readonly #path: string;
  readonly #gzip: Gzip;
  readonly #done: Promise<void>;
  #lines: string[] = [];

  /** `path` is that of the final file; what is written lies beside it until then. */
  constructor(path: string, setKey: string, sinceMs: number) {
    this.#path = path;
    this.#gzip = createGzip({ level: 1, chunkSize: 128 * 1024 });
    const file = createWriteStream(`${path}.new`, { mode: 0o600 });
    this.#gzip.pipe(file);
    this.#done = finished(file);
    this.#done.catch(() => undefined);
    this.#lines.push(`duplifs-seen 1 ${setKey} ${sinceMs}`);
  }

  /** Undefined when more may come at once. */
  add(entry: WalkEntry): Promise<unknown> | undefined {
    this.#lines.push(`${factsOf(entry)} ${JSON.stringify(entry.path)}`);
    return this.#lines.length < 1000 ? undefined : this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#gzip.end();
    await this.#done;
  }

  async commit(): Promise<void> {
    await rename(`${this.#path}.new`, this.#path);
  }

  async #flush(): Promise<void> {
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    if (!this.#gzip.write(text)) await Promise.race([once(this.#gzip, 'drain'), this.#done]);
  }
}

function factsOf(entry: WalkEntry): string {
  const { size, inode, mtimeMs, ctimeMs } = entry;
  entry.facts ??= `${size} ${inode} ${mtimeMs} ${ctimeMs}`;
  return entry.facts;
}
