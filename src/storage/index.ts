/** Where backups lie: one interface, a backend for each kind of storage, chosen by URL. */
export type { Body, ByteRange, Storage, StoredObject, WriteOptions } from './storage.js';
export { Replayable } from './body.js';
export { openStorage } from './open.js';
export type { StorageOptions } from './options.js';
export { readWhole } from './read-whole.js';
export { isStorageUrl, localPath, publicUrl } from './url.js';
export { StorageStatistics } from './wrappers/count.js';
export { FaultStorage } from './wrappers/fault.js';
export type { Fault, FaultPlan, Operation } from './wrappers/fault.js';
