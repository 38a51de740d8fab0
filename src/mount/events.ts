import type { EventLevel, RoomEvent } from '../base/index.js';

/** What mounts tell while they are served. */
export type MountEvent =
  | LibfuseUsed
  | RequestUnintelligible
  | RequestMalformed
  | ReplyRefused
  | DeviceFailed
  | InodeFailed
  | PathFailed
  | MessagesLeftOut;

/** The kernel engine cannot run here, and the slower one serves the mount. */
export interface LibfuseUsed extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'mount-by-libfuse';
  readonly obstacle: string;
}

/** What came from the kernel has no header that makes sense. */
export interface RequestUnintelligible extends RoomEvent {
  readonly level: 'error';
  readonly code: 'fuse-request-unintelligible';
  readonly bytes: number;
}

/** A request of the kernel whose body is not what its operation has. */
export interface RequestMalformed extends RoomEvent {
  readonly level: 'error';
  readonly code: 'fuse-request-malformed';
  readonly operation: number;
  readonly bytes: number;
}

/** The kernel did not take a reply. */
export interface ReplyRefused extends RoomEvent {
  readonly level: 'error';
  readonly code: 'fuse-reply-refused';
  readonly reason: string;
}

/** Reading requests ended otherwise than by an unmount. */
export interface DeviceFailed extends RoomEvent {
  readonly level: 'debug';
  readonly code: 'fuse-device-failed';
  readonly reason: string;
}

/** An operation on a node failed, and whoever asked got EIO. */
export interface InodeFailed extends RoomEvent {
  readonly level: 'error';
  readonly code: 'mount-inode-failed';
  readonly inode: number;
  readonly reason: string;
}

/** The same from an engine that knows paths. */
export interface PathFailed extends RoomEvent {
  readonly level: 'error';
  readonly code: 'mount-path-failed';
  readonly path: string;
  readonly reason: string;
}

/** Too many events came at once: so many after the last that was told. */
export interface MessagesLeftOut extends RoomEvent {
  readonly level: EventLevel;
  readonly code: 'mount-messages-left-out';
  readonly count: number;
}
