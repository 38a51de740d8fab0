import { plural } from '../../archive/index.js';
import { mirrorGapText, refusalText } from '../status/index.js';
import { describeHolder } from '../../target/index.js';
import type { TargetEvent } from '../../target/index.js';
import type { EventTexts } from './event-text.js';

export const targetTexts: EventTexts<TargetEvent> = {
  'several-manifests': ({ setKey, count }) =>
    `${count} files claim to be the manifest of set ${setKey}`,
  'binding-unknown': ({ name, reason }) =>
    `"${name}" cannot be read, so nothing tells whether the signatures beside it are those of its set: ${reason}`,
  'index-missing': ({ setKey }) =>
    `Set ${setKey} has no index, and others of its chain have one: duplicity wrote it, or the index is lost. ` +
    'Nothing tells whether the signatures beside it are those of the set',
  'fetching-local-copy': ({ name }) => `Copying ${name} to local cache.`,
  'stale-lock-removed': ({ holder }) =>
    `Removing the lock of a backup that is gone (${describeHolder(holder)})`,
  'mirror-healed': ({ member, setKey, count, bytes }) =>
    `Copied ${count} ${plural(count, 'file')} (${bytes} bytes) of set ${setKey} to "${member}", which lacked them`,
  'mirror-differs': ({ gap }) => mirrorGapText(gap),
  'writing-unencrypted': ({ name }) =>
    `"${name}" is encrypted, and what is written now is not: anybody can read it`,
  'reader-lost': ({ keyId }) =>
    `The chain can be opened with the key ${keyId}, but not what is written now`,
  'readers-hidden': () =>
    'The chain hides which key opens it: whether it is the key given now cannot be told',
  'readers-differ': ({ name, wanted }) =>
    `"${name}" needs ${wanted}; what is written now needs another key`,
  'files-refused': ({ names, reason, setKey }) =>
    `${filesText(names)} of set ${setKey} ${names.length === 1 ? 'is' : 'are'} not used: ${refusalText(reason)}`,
  'set-refused': ({ names, reason, setKey }) =>
    `Set ${setKey} is not used, with ${filesText(names)}: ${refusalText(reason)}. If it was made so on purpose, give --allow-unprotected`,
  'chain-in-the-clear': ({ chainKey }) =>
    `The chain of ${chainKey} is not encrypted: whoever can write to the storage can change what you read (--require-encryption refuses it)`,
  'newest-set-gone': ({ setKey }) =>
    `The newest backup set that this machine has seen, ${setKey}, is no longer on the storage: what is there is older. If you removed it yourself, give --allow-rollback once`,
  'trust-not-saved': ({ reason }) =>
    `Cannot note in the archive dir how the backup is protected: ${reason}`,
};

/** "a", or "a" and 2 more files. */
function filesText(names: readonly string[]): string {
  const [first = ''] = names;
  if (names.length === 1) return `"${first}"`;
  return `"${first}" and ${names.length - 1} more ${names.length === 2 ? 'file' : 'files'}`;
}
