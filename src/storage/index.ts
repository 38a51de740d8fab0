/** Where backups lie: one interface, a backend for each kind of storage, chosen by URL. */
export type {
  Body,
  ByteRange,
  Mirror,
  MirrorCopy,
  MirrorMember,
  Storage,
  StoredObject,
  WriteOptions,
} from './storage.js';
export { OpenFile, Replayable } from './body.js';
export { localFolders } from './local-folders.js';
export { openStorage } from './open.js';
export { knownHostLines, noteHostLines, sshKeyFiles } from './ssh-hosts.js';
export type {
  Par2StorageOptions,
  RsyncOptions,
  S3Options,
  S3StorageClass,
  SshOptions,
  StorageOptions,
  TlsOptions,
  WebdavOptions,
} from './options.js';
export { overCopies } from './over-copies.js';
export { probeStorage } from './probe.js';
export type { StorageCheck } from './probe.js';
export { readWhole } from './read-whole.js';
export { isLocalUrl, isStorageUrl, localPath, publicUrl, wholePathUrl } from './url.js';
export { StorageStatistics } from './wrappers/count.js';
export { FaultStorage } from './wrappers/fault.js';
export type { Fault, FaultPlan, Operation } from './wrappers/fault.js';
export { WrappedStorage } from './wrappers/wrapped.js';
export { newSpool } from './spool.js';
export type { Spool } from './spool.js';
export type {
  CallRetried,
  CopyPassedOver,
  FileRepaired,
  MirrorsPassedOver,
  NoRecoveryData,
  StorageEvent,
  StorePassedOver,
} from './events.js';
