/** The FUSE engines, and the folders that a mount shows. */
export type { EngineName, MountEnd, MountOptions, MountSession } from './engine.js';
export { errnoOf, FileSystemError } from './file-system-error.js';
export type { ErrnoName } from './file-system-error.js';
export { rootIno } from './file-system.js';
export type {
  Attributes,
  DirectoryEntry,
  FileSystemStatistics,
  MaybePromise,
  NodeKind,
  ReadOnlyFileSystem,
} from './file-system.js';
export { attachDevice, inheritedDescriptor, openDevice } from './kernel/attach.js';
export type { AttachOptions } from './kernel/attach.js';
export { mountFileSystem } from './mount-file-system.js';
export { isOnAutomount } from './mountinfo.js';
export { prepareMountpoint } from './mountpoint.js';
export type { ForeignFolder } from './mountpoint.js';
export { unmountPath } from './unmount.js';
export type { UnmountOptions } from './unmount.js';
export { MountView } from './view/mount-view.js';
export type { MountViewOptions } from './view/mount-view.js';
export type { OwnerOverride } from './view/attributes.js';
export type {
  DeviceFailed,
  InodeFailed,
  LibfuseUsed,
  MessagesLeftOut,
  MountEvent,
  PathFailed,
  ReplyRefused,
  RequestMalformed,
  RequestUnintelligible,
} from './events.js';
