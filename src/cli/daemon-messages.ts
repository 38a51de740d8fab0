/** What the two processes of `mount --daemon` say to each other (daemon.ts). */
import type { SentError } from '../threads/index.js';
import type { AttachOptions, ForeignFolder } from '../mount/index.js';

/** Tells the second process what it is. */
export const servingVariable = 'DUPLIFS_DAEMON';

/**
 * The descriptor under which the second process has the device that the first one mounts. Without the variable it
 * has none, and mounts itself.
 */
export const deviceDescriptor = 3;
export const deviceVariable = 'DUPLIFS_DAEMON_DEVICE';

/** What the second process asks the first to do in its place. */
export type DaemonRequest =
  | { readonly kind: 'ask'; readonly question: string }
  | { readonly kind: 'prepare'; readonly apartFrom: readonly ForeignFolder[] }
  | {
      readonly kind: 'attach';
      readonly mountpoint: string;
      readonly options: AttachOptions;
    };

export type FromServer = DaemonRequest | { readonly kind: 'ready' };

export type ToServer =
  /** A path, or what was typed in base64; undefined when nothing was. */
  | { readonly kind: 'done'; readonly value?: string | undefined }
  | { readonly kind: 'failed'; readonly error: SentError };
