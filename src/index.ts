/**
 * duplifs as a library: open a target, look at its snapshots, read files out of them. The command
 * line (src/cli) is made of the same parts.
 */
export { DuplifsError, decodeName, encodeName, exitCodes } from './base/index.js';
export type { ErrorCode } from './base/index.js';
export { parseTime } from './time/index.js';
export { Keyring } from './openpgp/index.js';
export type { KeyringOptions } from './openpgp/index.js';
export { openStorage } from './storage/index.js';
export type { Storage, StorageOptions } from './storage/index.js';
export { SlotFile } from './volume/index.js';
export { Repository, Snapshot } from './snapshot/index.js';
export type { CatalogSet, RepositoryOptions, SnapshotEntry } from './snapshot/index.js';
export { restore } from './restore/index.js';
export type { RestoreOptions, RestoreResult } from './restore/index.js';
export { MountView, mountFileSystem, prepareMountpoint, unmountPath } from './mount/index.js';
export type { MountOptions, MountSession, MountViewOptions } from './mount/index.js';
