/** Events of all rooms as text for people. */
import { exitCodes } from '../../base/index.js';
import type { ErrorCode } from '../../base/index.js';
import type { BackupEvent } from '../../backup/index.js';
import type { CatalogEvent } from '../../catalog/index.js';
import type { ConsolidateEvent } from '../../consolidate/index.js';
import type { ReplicateEvent } from '../../replicate/index.js';
import type { CheckEvent } from '../../check/index.js';
import type { IndexingEvent } from '../../indexing/index.js';
import type { MountEvent } from '../../mount/index.js';
import type { OpenPgpEvent } from '../../openpgp/index.js';
import type { RepairEvent } from '../../repair/index.js';
import type { RestoreEvent } from '../../restore/index.js';
import type { StorageEvent } from '../../storage/index.js';
import type { TargetEvent } from '../../target/index.js';
import type { UpkeepEvent } from '../../upkeep/index.js';
import type { VerifyEvent } from '../../verify/index.js';
import type { VolumeEvent } from '../../volume/index.js';
import { backupTexts } from './backup.js';
import { catalogTexts } from './catalog.js';
import { consolidateTexts } from './consolidate.js';
import { replicateTexts } from './replicate.js';
import { checkTexts } from './check.js';
import { indexingTexts } from './indexing.js';
import { mountTexts } from './mount.js';
import { openpgpTexts } from './openpgp.js';
import { repairTexts } from './repair.js';
import { restoreTexts } from './restore.js';
import { storageTexts } from './storage.js';
import { targetTexts } from './target.js';
import { upkeepTexts } from './upkeep.js';
import { verifyTexts } from './verify.js';
import { volumeTexts } from './volume.js';
import type { EventTexts } from './event-text.js';

export type AnyEvent =
  | BackupEvent
  | CatalogEvent
  | ConsolidateEvent
  | ReplicateEvent
  | CheckEvent
  | IndexingEvent
  | MountEvent
  | OpenPgpEvent
  | RepairEvent
  | RestoreEvent
  | StorageEvent
  | TargetEvent
  | UpkeepEvent
  | VerifyEvent
  | VolumeEvent;

const texts: EventTexts<AnyEvent> = {
  ...backupTexts,
  ...catalogTexts,
  ...consolidateTexts,
  ...replicateTexts,
  ...checkTexts,
  ...indexingTexts,
  ...mountTexts,
  ...openpgpTexts,
  ...repairTexts,
  ...restoreTexts,
  ...storageTexts,
  ...targetTexts,
  ...upkeepTexts,
  ...verifyTexts,
  ...volumeTexts,
};

/** The event as a sentence without a period. */
export function eventText(event: AnyEvent): string {
  const text = texts[event.code] as (event: AnyEvent) => string;
  return text(event);
}

/** Events after which a command that ends well has given less, or older, than what a user must take it for. */
const exitCodesOfEvents: Partial<Record<AnyEvent['code'], ErrorCode>> = {
  'newest-set-gone': 'INCOMPLETE',
  'entry-unusable': 'INCOMPLETE',
  'set-refused': 'SIGNATURE',
  'repair-failed': 'INCOMPLETE',
};

/** The exit code that the event gives a command which ends well; undefined when none. */
export function exitCodeOf({ code }: AnyEvent): number | undefined {
  const error = exitCodesOfEvents[code];
  return error && exitCodes[error];
}
