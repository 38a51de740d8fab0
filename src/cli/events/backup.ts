import type { BackupEvent } from '../../backup/index.js';
import type { ChainGap } from '../../target/index.js';
import { formatLocalTime } from '../../time/index.js';
import type { EventTexts } from './event-text.js';

export const backupTexts: EventTexts<BackupEvent> = {
  'key-expires-soon': ({ use, fingerprint, expiresSeconds }) =>
    `The key ${fingerprint} can ${use} only until ${formatLocalTime(expiresSeconds)}: prolong or replace it before, for then no backup can be made with it`,
  'last-full': ({ seconds }) =>
    `Last full backup date: ${seconds === undefined ? 'none' : formatLocalTime(seconds)}`,
  'no-signatures-full-instead': () => 'No signatures found, switching to full backup.',
  'chain-incomplete-full-instead': ({ gaps }) =>
    `The chain cannot be continued, for the storage lacks ${gaps.map(gapText).join(', ')}; a new full backup is made`,
  'chain-in-future': ({ setKeys }) =>
    `The time of ${setKeys.join(', ')} lies in the future: its chain is not continued. If a clock was wrong when it was made, remove the files that have this in their names`,
  'source-emptied': ({ source }) =>
    `The source ${quoted(source)} is empty, and the last backup of it is not: is its disk mounted?`,
  'full-too-old': () => 'Last full backup is too old, forcing full backup',
  'nothing-changed': () => 'Nothing has changed: no set is written',
  'continuing-set': ({ setKey, volume }) =>
    `Going on with the set ${setKey} after volume ${volume}`,
  'interrupted-set-removed': ({ setKey }) =>
    `Removing what an interrupted run has left of the set ${setKey}`,
  'set-is-complete': ({ setKey }) =>
    `The set ${setKey} is complete; what was kept to finish it is removed`,
  'entry-unreadable': ({ path, reason }) =>
    `Cannot read ${quoted(path)} (${reason}); its last version stays in the backup`,
  'file-not-opened': ({ path, reason }) =>
    `Cannot open ${quoted(path)} (${reason}); its last version stays in the backup`,
  'file-cut-short': ({ path, reason }) =>
    `Cannot read ${quoted(path)} to its end (${reason}); it will be read again next time`,
  'file-changed-while-read': ({ path }) =>
    `${quoted(path)} changed while it was read; the backup has it as it was read`,
  'file-vanished': ({ path }) =>
    `${quoted(path)} was removed or replaced before it could be read; its last version stays in the backup`,
  'path-added': ({ path }) => `A ${shown(path)}`,
  'path-changed': ({ path }) => `M ${shown(path)}`,
  'path-deleted': ({ path }) => `D ${shown(path)}`,
  'upload-begun': ({ name }) => `Uploading ${name}`,
  'upload-done': ({ name }) => `Uploaded ${name}`,
  'time-before-1970': ({ path }) =>
    `${JSON.stringify(path)} has a time before 1970; it is stored as 0`,
};

function gapText(gap: ChainGap): string {
  switch (gap.kind) {
    case 'volume':
      return `volume ${gap.volume} of set ${gap.setKey}`;
    case 'volume-size':
      return `volume ${gap.volume} of set ${gap.setKey} as it was put (${gap.wantedSize} bytes, and there are ${gap.size})`;
    case 'manifest':
      return `the manifest of set ${gap.setKey}`;
  }
}

/** As duplicity lists it: without quotes, and the source itself as a dot. */
function shown(path: string): string {
  return path === '' ? '.' : path;
}

function quoted(path: string): string {
  return JSON.stringify(path === '' ? '.' : path);
}
