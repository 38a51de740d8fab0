/** The manifest in the making, which duplicity reads and writes as well. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestParser } from '../../archive/index.js';
import type { Manifest } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';

/** Some 100 bytes a volume: a part of a million volumes. */
const maxPartBytes = 256 * 2 ** 20;
const readBytes = 256 * 1024;
/** Looked for from the end: the last record, which may have been cut off. */
const lastRecord = '\nVolume ';

/** Undefined when there is none that can be read, or no volume in it, or it is larger than any part. */
export async function readManifestPart(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): Promise<Manifest | undefined> {
  const path = join(plan.archiveFolder, localNames(plan).manifestPart);
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > maxPartBytes) return undefined;
      return (await parsed(file, path, size)) ?? (await withoutLastRecord(file, path, size));
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // no part, or none that can be read: the set is begun anew
  }
}

type OpenPart = Awaited<ReturnType<typeof open>>;

async function withoutLastRecord(
  file: OpenPart,
  path: string,
  size: number,
): Promise<Manifest | undefined> {
  const length = Math.min(size, 2 * readBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const at = buffer.subarray(0, bytesRead).lastIndexOf(lastRecord);
  return at < 0 ? undefined : parsed(file, path, size - length + at + 1);
}

/** What the first `length` bytes say; undefined when they are no manifest with a volume in it. */
async function parsed(file: OpenPart, path: string, length: number): Promise<Manifest | undefined> {
  const parser = new ManifestParser(path, { fileList: false });
  try {
    for (let at = 0; at < length;) {
      const chunk = Buffer.alloc(Math.min(readBytes, length - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      parser.push(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
    const manifest = parser.end();
    return manifest.volumes.length > 0 ? manifest : undefined;
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED')) throw error;
    return undefined;
  }
}
