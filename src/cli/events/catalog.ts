import type { CatalogEvent } from '../../catalog/index.js';
import { describeFaults } from '../../target/index.js';
import { formatLocalTime } from '../../time/index.js';
import type { EventTexts } from './event-text.js';

export const catalogTexts: EventTexts<CatalogEvent> = {
  'catalog-is-temporary': ({ reason }) =>
    `${reason}; nothing that is read now is kept for the next time (--archive-dir chooses another folder)`,
  'volumes-not-in-manifest': ({ setKey, storedVolumes, namedVolumes }) =>
    `Set ${setKey} has ${storedVolumes} volumes and its manifest names ${namedVolumes}; what lies in the others cannot be verified and is not shown`,
  'set-unverified': ({ setKey, reason }) =>
    `Set ${setKey} is read without a manifest that could be relied on (${reason}): whether its volumes are all that there were, and as they were written, cannot be verified`,
  'time-before-first': ({ timeSeconds, firstSeconds }) =>
    `There is no backup as old as ${formatLocalTime(timeSeconds)}: the first, of ${formatLocalTime(firstSeconds)}, is used`,
  'newer-set-faulty': ({ setKey, faults, usedKey }) =>
    `Set ${setKey} is not whole: ${describeFaults(faults)}. The set ${usedKey} before it is used; --use-incomplete takes what is left of the newer one`,
  'set-faulty': ({ setKey, faults }) => `Set ${setKey} is not whole: ${describeFaults(faults)}`,
  'newer-set-unfinished': ({ setKey }) =>
    `Set ${setKey} is being written, or its run was interrupted: it is passed over`,
  'sets-in-future': ({ setKeys }) =>
    `${setKeys.join(', ')}: the time lies in the future, so it is not taken for the newest; if a clock was wrong, it can be read with --time, or removed by its files' names`,
  'several-files-of-volume': ({ setKey, volume, count, name }) =>
    `${count} files claim to be volume ${volume} of set ${setKey}; "${name}" is the one in the manifest`,
  'folder-without-entry': ({ setKey, path }) =>
    `Set ${setKey} has no entry for the folder "${path}"; it is shown all the same`,
  'entries-below-no-folder': ({ setKey, path }) =>
    `Set ${setKey} has entries below "${path}", which is no folder; they are not shown`,
  'entry-unusable': ({ name, entry, reason }) =>
    `"${name}" holds an entry ${JSON.stringify(entry)} ${reason}; what it is about is lost`,
  'entries-unusable': ({ name, count }) =>
    `"${name}" holds ${count} more entries that cannot be used; what they are about is lost`,
  'index-unusable': ({ name, reason }) => `The index "${name}" cannot be used: ${reason}`,
  'signatures-unusable': ({ name, reason }) => `The signatures "${name}" cannot be used: ${reason}`,
  'no-usable-signatures': ({ setKey }) =>
    `Set ${setKey} has no usable signatures; its tree is read from all of its volumes`,
  'signatures-disagree': ({ name, setKey, volume, path, count }) =>
    `"${name}" and "${volume}" of set ${setKey} do not say the same of "${path}"${count > 1 ? ` and of ${count - 1} more` : ''}; what the volumes hold is shown`,
  'index-refuted': ({ name, setKey, volume, path }) =>
    `The index "${name}" places "${path}" where "${volume}" has something else; set ${setKey} is read without it`,
  'rebuilt-not-checked': ({ setKey, reason }) =>
    `${reason}; files that set ${setKey} changes are not held against their signatures`,
  'volume-not-held-against': ({ setKey, reason }) =>
    `${reason}; what the signatures of set ${setKey} say could not be held against it`,
  'volume-not-shown': ({ reason }) => `${reason}; what lies in it is not shown`,
  'entries-out-of-order': ({ name, count }) =>
    `"${name}" holds ${count} entries out of order; they are shown in their place`,
};
