import type { PutObjectCommandInput, StorageClass } from '@aws-sdk/client-s3';
import type { S3Options } from '../options.js';

/** What goes with every object that is written: its class, its encryption. */
export type S3WriteOptions = Pick<
  PutObjectCommandInput,
  'GrantFullControl' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'StorageClass'
>;

export function s3WriteOptions(name: string, options: S3Options): S3WriteOptions {
  const { storageClass, encryption, kmsKeyId, kmsGrant } = options;
  const kind =
    storageClass !== undefined && (isWarm(storageClass) || isVolume(name))
      ? { StorageClass: storageClass }
      : {};
  if (encryption === undefined) return kind;
  if (encryption === 'AES256') return { ...kind, ServerSideEncryption: encryption };
  return {
    ...kind,
    ServerSideEncryption: encryption,
    SSEKMSKeyId: kmsKeyId,
    GrantFullControl: kmsGrant,
  };
}

/** Classes from which an object cannot be read before it was restored. */
export function isArchive(storageClass: StorageClass | undefined): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

function isWarm(storageClass: StorageClass): boolean {
  return !isArchive(storageClass) && storageClass !== 'GLACIER_IR';
}

/**
 * Only volumes go into Glacier: manifests, signatures and indexes are read by each run. (duplicity keeps
 * but the manifests out of it.) Names: docs/format/1-bytes.md 1.1.
 */
function isVolume(name: string): boolean {
  return /\.vol[0-9]+\.difftar(?:\.|$)|\.[0-9a-z]+\.dt(?:\.|$)/.test(name);
}
