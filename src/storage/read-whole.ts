import { DuplifsError } from '../base/index.js';
import type { Storage } from './storage.js';

/**
 * A whole file in memory. More than `maxBytes` (a limit that the caller knows to be generous for what
 * the file should be) is DAMAGED, before more than that was read.
 */
export async function readWhole(
  storage: Storage,
  name: string,
  options: { readonly maxBytes: number; readonly signal?: AbortSignal },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of storage.read(name, undefined, options.signal)) {
    size += chunk.length;
    if (size > options.maxBytes) {
      throw new DuplifsError(
        'DAMAGED',
        `"${name}" on "${storage.url}" is larger than ${options.maxBytes} bytes, which such a file never is`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
