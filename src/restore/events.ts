import type { RoomEvent } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';

/** What restore tells while it works. */
export type RestoreEvent =
  EntryWriting | OwnersNotRestored | VolumeNotCompared | LinksMayBePlanted | FileIncomplete;

/** An entry below the target is about to be made. */
export interface EntryWriting extends RoomEvent {
  readonly level: 'info';
  readonly code: 'entry-writing';
  readonly path: string;
  readonly type: SnapshotEntry['type'];
}

/** What is restored of a file is all that could be read of it when it was backed up. */
export interface FileIncomplete extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'file-incomplete';
  readonly path: string;
  /** As EIO. */
  readonly reason: string;
  /** The end of the first set since the last whole version, in seconds since the epoch. */
  readonly sinceSeconds: number;
}

/** Only root may set owners; what is restored belongs to whoever runs this. Told once. */
export interface OwnersNotRestored extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'owners-not-restored';
}

/** A volume could not be read, so what else it may hold of the tree is not known. */
export interface VolumeNotCompared extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'volume-not-compared';
  readonly name: string;
  readonly reason: string;
}

/** This system has no way to write relative to open folders (descriptors.ts). Told once. */
export interface LinksMayBePlanted extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'links-may-be-planted';
}
