/** Restore: a snapshot, or one path of it, written into a folder. */
export { refuseTarget, restore } from './restore.js';
export type { RestoreOptions, RestoreProgress, RestoreResult, Verdict } from './restore.js';
export type {
  EntryWriting,
  FileIncomplete,
  LinksMayBePlanted,
  OwnersNotRestored,
  RestoreEvent,
  VolumeNotCompared,
} from './events.js';
