/** When something cannot be opened: what can be. */
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import { formatLocalTime, formatStamp } from '../time/index.js';

const mostNamed = 5;

/**
 * Does `work`; where it fails for want of a key, and other sets of the backup can be read with what is given, the error
 * names them with their times.
 */
export async function namingReadableSets<T>(
  repository: Pick<Repository, 'readableSets' | 'sets'>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDuplifsError(error, 'KEY') || repository.sets().length < 2) throw error;
    const readable = await repository.readableSets(signal).catch(() => undefined);
    if (readable === undefined) throw error;
    throw new DuplifsError('KEY', `${error.message}. ${textOf(readable)}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function textOf({ sets, isWhole }: Awaited<ReturnType<Repository['readableSets']>>): string {
  if (sets.length === 0) {
    return isWhole
      ? 'No backup of this target can be read with what is given'
      : 'No backup was found that can be read with what is given';
  }
  const named = sets
    .slice(0, mostNamed)
    .map(({ endSeconds }) => `${formatStamp(endSeconds)} (${formatLocalTime(endSeconds)})`);
  const more = sets.length > mostNamed ? `, and ${sets.length - mostNamed} older ones` : '';
  const newest = formatStamp(sets[0]?.endSeconds ?? 0);
  return `What is given opens the backups of ${named.join(', ')}${more}: --time ${newest} reads the newest of them`;
}
