import type { MessageStart } from '../../openpgp/index.js';
import type { Storage } from '../../storage/index.js';

/** The session key packets of a file: enough for dozens of recipients. */
const headerBytes = 16 * 1024;

/** The first bytes of a stored file, which tell who can open it. */
export async function messageStart(
  storage: Pick<Storage, 'read' | 'stat'>,
  fileName: string,
  signal?: AbortSignal,
): Promise<MessageStart> {
  const length = Math.min(headerBytes, (await storage.stat(fileName, signal))?.size ?? headerBytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.read(fileName, { offset: 0, length }, signal)) {
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return { bytes, isWhole: bytes.length < headerBytes, fileName };
}
