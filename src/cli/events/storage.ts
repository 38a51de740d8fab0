import type { StorageEvent } from '../../storage/index.js';
import type { EventTexts } from './event-text.js';

export const storageTexts: EventTexts<StorageEvent> = {
  'storage-call-retried': ({ attempt, tries, reason }) => {
    const all = tries === undefined ? '' : ` of ${tries}`;
    return `Try ${attempt}${all} failed: ${reason}`;
  },
  'file-repaired': ({ name }) =>
    `"${name}" is damaged where it is stored, and was made whole by par2 for this run; "duplifs repair" mends it there`,
  'no-recovery-data': ({ name }) =>
    `par2 makes no recovery data of "${name}" with these options; it is stored without`,
  'storage-passed-over': ({ action, url, reason }) => `Could not ${action} on "${url}": ${reason}`,
  'copy-passed-over': ({ name, url, next, reason }) =>
    `The copy of "${name}" on "${url}" is not used, the one on "${next}" is: ${reason}`,
  'mirrors-passed-over': ({ action, failed, mirrors, url, reason }) =>
    `Could not ${action} on ${failed} of ${mirrors} mirrors of "${url}": ${reason}`,
};
