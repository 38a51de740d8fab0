/**
 * From the options of storages on a command line (options/storage-rows.ts) to StorageOptions.
 */
import type { Option } from 'commander';
import { DuplifsError, splitWords } from '../base/index.js';
import type { S3Options, S3StorageClass, StorageOptions } from '../storage/index.js';
import { storageRows } from './options/index.js';

export interface StorageOptionFlag {
  /** As commander takes them. */
  readonly flags: string;
  readonly description: string;
  /** Turns a value into what is kept, seeing what an earlier one of the same option became. */
  readonly parse?: ((value: string, previous: unknown) => unknown) | undefined;
}

/** What groups them among the options of a command; the help has them once, as a topic, and so has docs/cli.md. */
export const storageOptionsHeading = 'Storage options:';

export function isStorageOption({ helpGroupHeading }: Pick<Option, 'helpGroupHeading'>): boolean {
  return helpGroupHeading === storageOptionsHeading;
}

export const storageOptions: readonly StorageOptionFlag[] = storageRows
  .filter(({ groups }) => groups.length > 0)
  .map(({ flags, help, parse }) => ({
    flags,
    description: help,
    parse: parse as StorageOptionFlag['parse'],
  }));

type Values = Readonly<Record<string, unknown>>;

/** `values` are commander's: the names of the options in camel case. */
export function storageOptionsFrom(
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
): StorageOptions {
  const ssh = {
    ...given('options', values['sshOptions']),
    ...given('askPass', values['sshAskpass']),
  };
  const tls = {
    ...given('caFile', values['sslCacertFile']),
    ...given('caPath', values['sslCacertPath']),
    ...given('insecure', values['sslNoCheckCertificate']),
  };
  return {
    env,
    ...given('numRetries', values['numRetries']),
    ...given('retryDelaySeconds', values['backendRetryDelay']),
    ...given('timeoutSeconds', values['timeout']),
    ...given('concurrency', values['storageConcurrency']),
    ...given('maxUploadRate', values['maxUploadRate']),
    ...given('maxDownloadRate', values['maxDownloadRate']),
    s3: s3Options(values),
    ssh,
    tls,
    rsync: { ...given('options', values['rsyncOptions']) },
    par2: {
      ...given('redundancy', values['par2Redundancy']),
      ...given('volumes', values['par2Volumes']),
      ...given('options', words(values['par2Options'])),
    },
    webdav: { ...given('headers', values['webdavHeaders']) },
  };
}

const storageClasses: Readonly<Record<string, S3StorageClass>> = {
  s3UseIa: 'STANDARD_IA',
  s3UseOnezoneIa: 'ONEZONE_IA',
  s3UseRrs: 'REDUCED_REDUNDANCY',
  s3UseGlacierIr: 'GLACIER_IR',
  s3UseGlacier: 'GLACIER',
  s3UseDeepArchive: 'DEEP_ARCHIVE',
};

function s3Options(values: Values): S3Options {
  const classes = Object.entries(storageClasses).filter(([option]) => values[option] === true);
  if (classes.length > 1) {
    throw new DuplifsError('USAGE', 'More than one S3 storage class was asked for');
  }
  const kms = values['s3UseServerSideKmsEncryption'] === true;
  const encryption = kms
    ? 'aws:kms'
    : values['s3UseServerSideEncryption'] === true
      ? 'AES256'
      : undefined;
  return {
    ...given('endpointUrl', values['s3EndpointUrl']),
    ...given('region', values['s3RegionName']),
    ...given('addressing', values['s3AddressingStyle']),
    ...given('unencrypted', values['s3UnencryptedConnection']),
    ...given('storageClass', classes[0]?.[1]),
    ...given('encryption', encryption),
    ...given('kmsKeyId', values['s3KmsKeyId']),
    ...given('kmsGrant', values['s3KmsGrant']),
    ...given('partBytes', values['s3MultipartChunkSize']),
  };
}

/** Of options that are lines of words, each. */
function words(lines: unknown): string[] | undefined {
  if (!Array.isArray(lines)) return undefined;
  return lines.flatMap((line) => splitWords(String(line), '--par2-options'));
}

/** Commander's values have the type that `parse` in the table gave them. */
function given<K extends string>(key: K, value: unknown): Partial<Record<K, never>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, never>);
}
