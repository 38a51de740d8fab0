/** What a stored index has to give, without its entries. */
import { countBlocks, IndexParser } from '../archive/index.js';
import type { IndexBinding, StoredFile } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
import type { Target } from '../target/index.js';

export interface StoredTables {
  /** By the volume's number. */
  readonly volumes: ReadonlyMap<number, { readonly sha1: string; readonly hasBlocks: boolean }>;
  readonly binding: IndexBinding | undefined;
}

/**
 * Undefined where nobody can use it, for it is damaged, not signed as it must be, or of another set. Damage may also look
 * as if the key were another one; where that is so for the whole set, its manifest tells.
 */
export async function readStored(
  target: Target,
  file: StoredFile,
  setKey: string,
  signal: AbortSignal,
): Promise<StoredTables | undefined> {
  const volumes = new Map<number, { sha1: string; hasBlocks: boolean }>();
  const found: { setKey?: string; binding?: IndexBinding } = {};
  const parser = new IndexParser(file.name, {
    set: (header) => {
      found.setKey = header.setKey;
    },
    entry: () => undefined,
    volume: ({ number, sha1, table: { blocks } }) => {
      volumes.set(number, { sha1: sha1.toString('hex'), hasBlocks: countBlocks(blocks) > 0 });
    },
    binding: (binding) => {
      found.binding = binding;
    },
  });
  try {
    for await (const chunk of target.decodeMetadata(file, signal)) parser.push(chunk);
    parser.end();
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED', 'KEY', 'SIGNATURE', 'STORAGE_NOT_FOUND')) throw error;
    return undefined;
  }
  return found.setKey === setKey ? { volumes, binding: found.binding } : undefined;
}
