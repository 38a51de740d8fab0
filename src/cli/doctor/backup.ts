/** Checks of the backup itself: its chains, and whether what opens it is at hand. */
import { formatWarning, lockedTexts, missingTexts } from '../status/index.js';
import type { LockedSet } from '../status/index.js';
import { DuplifsError, errorText } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { formatLocalTime } from '../../time/index.js';
import { failed, ok, skipped, warning } from './check.js';
import type { Finding } from './check.js';

/** Opens the newest manifest from the storage, with the passphrase or key that it needs. */
export async function checkKeys(repository: Repository, signal: AbortSignal): Promise<Finding> {
  const [newest] = repository.sets();
  if (newest === undefined) return skipped('keys', 'There is no backup to try them on yet');
  try {
    await repository.proveKeys(newest, signal);
    return ok('keys', `The manifest of ${newest.key} can be read`);
  } catch (error) {
    const hint = error instanceof DuplifsError ? error.hint : undefined;
    return failed('keys', errorText(error), hint ?? 'Set PASSPHRASE, or give --key-file');
  }
}

export async function checkChains(repository: Repository, signal: AbortSignal): Promise<Finding[]> {
  const { chains, warnings } = repository.collection;
  const [newest] = repository.sets();
  const isEmpty = repository.states().length === 0;
  if (isEmpty) return [warning('chains', 'There is no backup here', 'Make one')];
  const time = newest === undefined ? 'none can be read' : formatLocalTime(newest.endSeconds);
  const found = `${chains.length} chains; the newest backup is of ${time}`;
  const problems = warnings.flatMap((one) => formatWarning(one).join(' '));
  const locked: LockedSet[] = [];
  const missing = await repository
    .examineSets((setKey, reason) => {
      locked.push({ setKey, reason });
    }, signal)
    .then((states) => [...missingTexts(states, repository.collection), ...lockedTexts(locked)])
    .catch((error: unknown) => [errorText(error)]);
  if (problems.length + missing.length === 0) return [ok('chains', `${found}; nothing is missing`)];
  return [...problems.filter((text) => text !== ''), ...missing].map((problem) =>
    warning('chains', problem, 'See collection-status; a new full backup makes a whole chain'),
  );
}
