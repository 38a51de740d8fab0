/**
 * duplifs as a library (docs/library.md): open a target, look at its snapshots, read and restore files out of them,
 * mount it. The command line (src/cli) is made of the same parts.
 */
export { decodeName, DuplifsError, encodeName, exitCodes, isDuplifsError } from './base/index.js';
export type { ErrorCode, ErrorDetails, EventLevel, Report, RoomEvent } from './base/index.js';
export { parseTime } from './time/index.js';
export { noPrefixes } from './archive/index.js';
export type {
  BackupSet,
  Chain,
  Collection,
  CollectionWarning,
  Container,
  FileKind,
  NamePrefixes,
  PrimaryChain,
  SetTimes,
  Sides,
  SignatureChain,
  StoredFile,
} from './archive/index.js';
export { Keyring } from './openpgp/index.js';
export type {
  Ask,
  GpgProgram,
  IntegrityProblem,
  KeyFile,
  KeyringOptions,
  OpenPgpEvent,
  Passphrase,
} from './openpgp/index.js';
export { openStorage } from './storage/index.js';
export type {
  Body,
  ByteRange,
  CallRetried,
  CopyPassedOver,
  FileRepaired,
  Mirror,
  MirrorCopy,
  MirrorMember,
  MirrorsPassedOver,
  NoRecoveryData,
  Par2StorageOptions,
  RsyncOptions,
  S3Options,
  S3StorageClass,
  SshOptions,
  Storage,
  StorageEvent,
  StorageOptions,
  StorageStatistics,
  StoredObject,
  StorePassedOver,
  TlsOptions,
  WebdavOptions,
  WriteOptions,
} from './storage/index.js';
export type { CacheShrunk, VolumeEvent } from './volume/index.js';
export type {
  LockHolder,
  MirrorGap,
  RefusalReason,
  SetFault,
  SetState,
  TargetEvent,
  TrustPolicy,
} from './target/index.js';
export type {
  CatalogEvent,
  CatalogueAllOptions,
  CatalogueProgress,
  ListSource,
  Owner,
  WantedTime,
} from './catalog/index.js';
export { openRepository, Repository } from './repository/index.js';
export type {
  CatalogSet,
  ChosenSnapshot,
  ListedSet,
  OpenRepositoryOptions,
  RepositoryEvent,
} from './repository/index.js';
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
  EntryWriting,
  FileIncomplete,
  LinksMayBePlanted,
  OwnersNotRestored,
  RestoreEvent,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
  Verdict,
  VolumeNotCompared,
} from './restore/index.js';
export { mountFileSystem, MountView, prepareMountpoint, unmountPath } from './mount/index.js';
export type {
  Attributes,
  DeviceFailed,
  DirectoryEntry,
  EngineName,
  FileSystemStatistics,
  ForeignFolder,
  InodeFailed,
  LibfuseUsed,
  MaybePromise,
  MessagesLeftOut,
  MountEnd,
  MountEvent,
  MountOptions,
  MountSession,
  MountViewOptions,
  NodeKind,
  OwnerOverride,
  PathFailed,
  ReadOnlyFileSystem,
  ReplyRefused,
  RequestMalformed,
  RequestUnintelligible,
  UnmountOptions,
} from './mount/index.js';
