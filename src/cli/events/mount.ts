import type { MountEvent } from '../../mount/index.js';
import type { EventTexts } from './event-text.js';

export const mountTexts: EventTexts<MountEvent> = {
  'mount-by-libfuse': ({ obstacle }) =>
    `Using the slower FUSE engine libfuse, not kernel: ${obstacle}`,
  'fuse-request-unintelligible': ({ bytes }) =>
    `A request of ${bytes} bytes from the kernel cannot be understood`,
  'fuse-request-malformed': ({ operation, bytes }) =>
    `A malformed request from the kernel: operation ${operation}, ${bytes} bytes`,
  'fuse-reply-refused': ({ reason }) => `The kernel refused a reply: ${reason}`,
  'fuse-device-failed': ({ reason }) => `/dev/fuse: ${reason}`,
  'mount-inode-failed': ({ inode, reason }) => `${reason} (inode ${inode})`,
  'mount-path-failed': ({ path, reason }) => `${reason} ("${path}")`,
  'mount-messages-left-out': ({ count }) => `${count} more messages like the last were left out`,
};
