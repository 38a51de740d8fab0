/** What a set's index says of the sigtar that belongs to it (docs/index-format.md, "Binding"). */
import { IndexParser } from '../../archive/index.js';
import type { BackupSet, IndexBinding } from '../../archive/index.js';
import { DuplifsError, errorText, isDuplifsError } from '../../base/index.js';
import type { Target } from '../target.js';
import { ForeignIndex } from './foreign-index.js';

/**
 * The binding in a set's index; undefined where there is none, or no index that can be read.
 * @throws DuplifsError DAMAGED when it is the index of another set
 */
export async function readBinding(
  target: Pick<Target, 'decodeMetadata' | 'signsWith' | 'report'>,
  { key, index }: Pick<BackupSet, 'key' | 'index'>,
  signal?: AbortSignal,
): Promise<IndexBinding | undefined> {
  const [file] = index;
  if (file === undefined) return undefined;
  const found: { setKey?: string; binding?: IndexBinding } = {};
  const parser = new IndexParser(file.name, {
    set: ({ setKey }) => {
      found.setKey = setKey;
    },
    entry: () => undefined,
    volume: () => undefined,
    binding: (binding) => {
      found.binding = binding;
    },
  });
  try {
    for await (const chunk of target.decodeMetadata(file, signal, target.signsWith)) {
      parser.push(chunk);
    }
    parser.end();
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
    // as if there were no index, as whoever reads the set has it; but not in silence
    const reason = errorText(error);
    target.report({ level: 'warning', code: 'binding-unknown', name: file.name, reason });
    return undefined;
  }
  if (found.setKey === key) return found.binding;
  const hint = 'Nothing is built on it; begin a new chain with "duplifs full"';
  throw new ForeignIndex(file.name, key, found.setKey, hint);
}

/** @throws DuplifsError DAMAGED when the sigtar's SHA-256 is not the one that the index gives */
export function checkSignaturesDigest(
  name: string,
  digest: Buffer,
  binding: IndexBinding | undefined,
): void {
  if (binding === undefined || digest.equals(binding.signaturesDigest)) return;
  throw new DuplifsError(
    'DAMAGED',
    `"${name}" is not the file of signatures that the index of its set names`,
    {
      hint: 'It is damaged, or of another set. Nothing is built on it; begin a new chain with "duplifs full"',
    },
  );
}
