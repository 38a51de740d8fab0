import { describeHolder } from '../../target/index.js';
import type { TargetEvent } from '../../target/index.js';
import type { EventTexts } from './event-text.js';

export const targetTexts: EventTexts<TargetEvent> = {
  'several-manifests': ({ setKey, count }) =>
    `${count} files claim to be the manifest of set ${setKey}`,
  'fetching-local-copy': ({ name }) => `Copying ${name} to local cache.`,
  'stale-lock-removed': ({ holder }) =>
    `Removing the lock of a backup that is gone (${describeHolder(holder)})`,
  'writing-unencrypted': ({ name }) =>
    `"${name}" is encrypted, and what is written now is not: anybody can read it`,
  'reader-lost': ({ keyId }) =>
    `The chain can be opened with the key ${keyId}, but not what is written now`,
  'readers-hidden': () =>
    'The chain hides which key opens it: whether it is the key given now cannot be told',
  'readers-differ': ({ name, wanted }) =>
    `"${name}" needs ${wanted}; what is written now needs another key`,
};
