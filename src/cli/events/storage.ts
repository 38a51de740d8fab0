import type { StorageEvent } from '../../storage/index.js';
import type { EventTexts } from './event-text.js';

export const storageTexts: EventTexts<StorageEvent> = {
  'storage-call-retried': ({ attempt, tries, reason }) => {
    const all = tries === undefined ? '' : ` of ${tries}`;
    return `Try ${attempt}${all} failed: ${reason}`;
  },
  'storage-passed-over': ({ action, url, reason }) => `Could not ${action} on "${url}": ${reason}`,
  'mirrors-passed-over': ({ action, failed, mirrors, url, reason }) =>
    `Could not ${action} on ${failed} of ${mirrors} mirrors of "${url}": ${reason}`,
};
