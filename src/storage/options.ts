import type { Report } from '../base/index.js';
import type { StorageEvent } from './events.js';
import type { FaultPlan } from './wrappers/fault.js';
import type { StorageStatistics } from './wrappers/count.js';

/** What `openStorage` can be told. Every field has a default. */
export interface StorageOptions {
  /** Environment variables with credentials; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Tries of each call (5). */
  readonly numRetries?: number;
  /** The longest pause between two tries, in seconds (30). */
  readonly retryDelaySeconds?: number;
  /** No more tries of a call that long after its first failure, in seconds (unbounded). */
  readonly maxRetrySeconds?: number;
  /** How long nothing may move on a line before it counts as dead, in seconds (30). */
  readonly timeoutSeconds?: number;
  /** Calls at the same time (16). */
  readonly concurrency?: number;
  /** In bytes a second; unbounded when absent. */
  readonly maxUploadRate?: number;
  readonly maxDownloadRate?: number;
  /** Counts what is done. */
  readonly statistics?: StorageStatistics | undefined;
  /** Told of failures that are tried again, and of mirrors that are no longer complete. */
  readonly report?: Report<StorageEvent>;
  /** Asks the user for a password. */
  readonly askPassword?: (prompt: string) => Promise<string>;
  readonly s3?: S3Options;
  readonly ssh?: SshOptions;
  /** For WebDAV and FTP. */
  readonly tls?: TlsOptions;
  readonly webdav?: WebdavOptions;
  readonly rsync?: RsyncOptions;
  /** For URLs that begin with `par2+`. */
  readonly par2?: Par2StorageOptions;
  /** For tests: what shall go wrong. @internal */
  readonly faults?: FaultPlan;
}

/** Recovery data beside each file. */
export interface Par2StorageOptions {
  /** How much there is, in percent of the file (10). */
  readonly redundancy?: number;
  /** In how many files it is, besides that of the sums (1). */
  readonly volumes?: number;
  /** More words for the command line of `par2`. */
  readonly options?: readonly string[];
  /** Reads give what is stored, and listings name recovery data: for those who look for damage, and mend it. */
  readonly readsAsStored?: boolean;
}

export interface SshOptions {
  /** As ssh's command line has them: "-oIdentityFile=…", "-i …". */
  readonly options?: readonly string[];
  /** Ask for the password, which may also be a key's passphrase. */
  readonly askPass?: boolean;
}

export interface TlsOptions {
  /** More certificates to trust, besides those that Node does. */
  readonly caFile?: string;
  readonly caPath?: string;
  /** Take any certificate. */
  readonly insecure?: boolean;
}

export interface WebdavOptions {
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RsyncOptions {
  /** For the rsync program, each as on a command line. */
  readonly options?: readonly string[];
}

export interface S3Options {
  /** Another server than Amazon's. */
  readonly endpointUrl?: string;
  readonly region?: string;
  /** Plain HTTP where the endpoint does not say. */
  readonly unencrypted?: boolean;
  /** How the bucket is put into requests: "path" is the default for other servers than Amazon's. */
  readonly addressing?: 'path' | 'virtual';
  /** Of volumes, and of the rest if it can be read at once from there. */
  readonly storageClass?: S3StorageClass;
  readonly encryption?: 'AES256' | 'aws:kms';
  readonly kmsKeyId?: string;
  readonly kmsGrant?: string;
  /** The size of the parts of an upload, in bytes (8 MiB); larger where the file needs it. */
  readonly partBytes?: number;
}

export type S3StorageClass =
  'DEEP_ARCHIVE' | 'GLACIER' | 'GLACIER_IR' | 'ONEZONE_IA' | 'REDUCED_REDUNDANCY' | 'STANDARD_IA';

export const defaults = {
  numRetries: 5,
  retryDelaySeconds: 30,
  timeoutSeconds: 30,
  concurrency: 16,
} as const;
