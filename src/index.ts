/**
 * duplifs as a library (docs/library.md): open a target, look at its snapshots, read and restore files out of them,
 * mount it. The command line (src/cli) is made of the same parts.
 */
export { decodeName, DuplifsError, encodeName, exitCodes, isDuplifsError } from './base/index.js';
export type { ErrorCode, ErrorDetails, EventLevel, Report, RoomEvent } from './base/index.js';
export { parseTime } from './time/index.js';
export { noPrefixes } from './archive/index.js';
export type { BackupSet, Collection, NamePrefixes, StoredFile } from './archive/index.js';
export { Keyring } from './openpgp/index.js';
export type { Ask, GpgProgram, KeyFile, KeyringOptions, OpenPgpEvent } from './openpgp/index.js';
export { openStorage } from './storage/index.js';
export type { Storage, StorageEvent, StorageOptions, StoredObject } from './storage/index.js';
export type { TargetEvent } from './target/index.js';
export type { CatalogEvent } from './catalog/index.js';
export { openRepository, Repository } from './repository/index.js';
export type { CatalogSet, OpenRepositoryOptions, RepositoryEvent } from './repository/index.js';
export { fileChunks, History, Snapshot, Timeline, TreePair } from './snapshot/index.js';
export type {
  FileVersionEntry,
  PairedEntry,
  PathVersion,
  SnapshotEntry,
  TimelinePath,
  VersionEnd,
  WalkedEntry,
} from './snapshot/index.js';
export { restore } from './restore/index.js';
export type {
  RestoreEvent,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from './restore/index.js';
export { mountFileSystem, MountView, prepareMountpoint, unmountPath } from './mount/index.js';
export type { MountEvent, MountOptions, MountSession, MountViewOptions } from './mount/index.js';
