import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { seenFileName } from './seen-file.js';

const newline = 0x0a;
const maxHeaderBytes = 1024;

/**
 * Lets what this machine remembers of the files of one set count for another one that holds the same tree. Where it
 * remembers nothing of that set, or cannot read it, all stays as it is: the next backup reads what it is not sure of.
 */
export async function carrySeen(
  archiveFolder: string,
  fromKey: string,
  toKey: string,
): Promise<void> {
  const path = join(archiveFolder, seenFileName);
  const temporary = `${path}.new`;
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      renaming(`duplifs-seen 1 ${fromKey} `, `duplifs-seen 1 ${toKey} `),
      createGzip({ level: 1 }),
      createWriteStream(temporary, { mode: 0o600 }),
    );
    await rename(temporary, path);
  } catch {
    // it is a help and no more (seen-file.ts)
  }
}

/** Puts other words at the start of what goes through; fails where that does not begin with the ones before. */
function renaming(before: string, after: string) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let first: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of chunks) {
      if (first === undefined) {
        yield chunk;
        continue;
      }
      first = Buffer.concat([first, chunk]);
      if (!first.includes(newline) && first.length < maxHeaderBytes) continue;
      if (!first.subarray(0, before.length).equals(Buffer.from(before))) {
        throw new Error('It is of another set');
      }
      yield Buffer.from(after);
      yield first.subarray(before.length);
      first = undefined;
    }
    if (first !== undefined) throw new Error('It has no header');
  };
}
