import type { ReplicateEvent } from '../../replicate/index.js';
import { formatSize } from '../progress-line.js';
import type { EventTexts } from './event-text.js';

export const replicateTexts: EventTexts<ReplicateEvent> = {
  'set-replicated': ({ setKey, files, bytes }) =>
    `Set ${setKey} is on the replica: ${files} files put, ${formatSize(bytes)}, and read back`,
  'set-not-replicated': ({ setKey, reason }) =>
    `duplifs: set ${setKey} was not copied, nor what builds on it: ${reason}`,
  'index-left-out': ({ name, reason }) =>
    `"${name}" was not copied, and nothing is lost by that: ${reason}`,
  'sets-passed-over': ({ setKeys }) =>
    `Not whole, and so not copied: ${setKeys.join(', ')} (see collection-status)`,
  'sets-of-others': ({ setKeys }) =>
    `Not on the source, and not known to come from it, so they stay: ${setKeys.join(', ')}`,
};
