import type { BackupSet } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import { describeFaults } from '../target/index.js';
import type { SetStates } from '../target/index.js';

/**
 * Refuses to remove sets when none of those that stay is whole, as far as names and sizes tell, and one that goes is.
 * @throws DuplifsError FILE_MISSING
 */
export function refuseLastWhole(states: SetStates, removed: readonly BackupSet[]): void {
  const goes = new Set(removed.map(({ key }) => key));
  const stays = states.all().filter(({ key }) => !goes.has(key));
  if (stays.some(({ faults }) => faults.length === 0)) return;
  if (!removed.some(({ key }) => states.faultsOf(key).length === 0)) return;
  const newest = stays.at(-1);
  const why = newest && `; of the newest, ${newest.key}, ${describeFaults(newest.faults)}`;
  throw new DuplifsError(
    'FILE_MISSING',
    `Nothing is removed: no set that would stay is whole${why ?? ''}`,
    { hint: 'Make a full backup first, or bring the missing files back' },
  );
}
