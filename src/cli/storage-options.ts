/**
 * The command-line options of storages, with duplicity's names (docs/format/2-behaviour.md 6.2), as a table
 * that a command registers; `storageOptionsFrom` makes StorageOptions of what was given.
 */
import { DuplifsError } from '../base/index.js';
import type { S3Options, S3StorageClass, StorageOptions } from '../storage/index.js';

export interface StorageOptionFlag {
  /** As commander takes them. */
  readonly flags: string;
  readonly description: string;
  /** Turns a value into what is kept, seeing what an earlier one of the same option became. */
  readonly parse?: (value: string, previous: unknown) => unknown;
}

/** Heads them in the help of each command; docs/cli.md has them once, under the same words. */
export const storageOptionsHeading = 'Storage options:';

export const storageOptions: readonly StorageOptionFlag[] = [
  { flags: '--num-retries <n>', description: 'tries of each storage call (5)', parse: count },
  {
    flags: '--backend-retry-delay <seconds>',
    description: 'longest pause between two tries (30)',
    parse: seconds,
  },
  {
    flags: '--timeout <seconds>',
    description: 'how long nothing may move on a connection (30)',
    parse: positiveSeconds,
  },
  {
    flags: '--storage-concurrency <n>',
    description: 'storage calls at the same time (16)',
    parse: count,
  },
  {
    flags: '--max-upload-rate <rate>',
    description: 'KiB a second, or with K, M or G at its end',
    parse: rate,
  },
  {
    flags: '--max-download-rate <rate>',
    description: 'KiB a second, or with K, M or G at its end',
    parse: rate,
  },
  { flags: '--s3-endpoint-url <url>', description: "another S3 server than Amazon's" },
  { flags: '--s3-region-name <name>', description: 'the region of the bucket' },
  {
    flags: '--s3-addressing-style <style>',
    description: 'how the bucket is put into requests: path or virtual',
    parse: oneOf('--s3-addressing-style', 'path', 'virtual'),
  },
  { flags: '--s3-unencrypted-connection', description: 'plain HTTP to S3' },
  { flags: '--s3-use-ia', description: 'store in S3 Standard - Infrequent Access' },
  { flags: '--s3-use-onezone-ia', description: 'store in S3 One Zone - Infrequent Access' },
  { flags: '--s3-use-rrs', description: 'store in S3 Reduced Redundancy' },
  { flags: '--s3-use-glacier-ir', description: 'volumes in S3 Glacier Instant Retrieval' },
  { flags: '--s3-use-glacier', description: 'volumes in S3 Glacier, to be restored before use' },
  {
    flags: '--s3-use-deep-archive',
    description: 'volumes in S3 Glacier Deep Archive, to be restored before use',
  },
  { flags: '--s3-use-server-side-encryption', description: 'encryption at rest by S3 (AES256)' },
  {
    flags: '--s3-use-server-side-kms-encryption',
    description: 'encryption at rest by S3 with a key in KMS',
  },
  { flags: '--s3-kms-key-id <id>', description: 'that key' },
  { flags: '--s3-kms-grant <grant>', description: 'who gets full control of the objects' },
  {
    flags: '--s3-multipart-chunk-size <MB>',
    description: 'size of the parts of an upload (8)',
    parse: partSize,
  },
  ...unused('--s3-use-new-style', '--s3-european-buckets', '--s3-use-multiprocessing'),
  ...unused('--s3-multipart-max-procs <n>', '--s3-multipart-max-timeout <seconds>'),
  {
    flags: '--ssh-options <options>',
    description: 'as on ssh\'s command line: "-oIdentityFile=…"; may be given again',
    parse: collect,
  },
  { flags: '--ssh-askpass', description: 'ask for the password of the SSH login or key' },
  ...unused('--scp-command <command>', '--sftp-command <command>', '--use-scp'),
  {
    flags: '--rsync-options <options>',
    description: 'passed to the rsync program; may be given again',
    parse: collect,
  },
  { flags: '--ssl-cacert-file <file>', description: 'certificates to trust besides the usual' },
  { flags: '--ssl-cacert-path <dir>', description: 'a folder of such files' },
  { flags: '--ssl-no-check-certificate', description: 'take any certificate' },
  {
    flags: '--webdav-headers <headers>',
    description: '"Name: value, Name: value", sent with each WebDAV request',
    parse: headers,
  },
  ...unused('--ftp-passive'),
];

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

/** Commander's values have the type that `parse` in the table gave them. */
function given<K extends string>(key: K, value: unknown): Partial<Record<K, never>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, never>);
}

/** duplicity's options that have nothing to decide here. */
function unused(...flags: string[]): StorageOptionFlag[] {
  return flags.map((each) => ({
    flags: each,
    description: 'accepted as duplicity does, without effect',
  }));
}

function collect(value: string, previous: unknown): string[] {
  return [...(Array.isArray(previous) ? (previous as string[]) : []), value];
}

function count(value: string): number {
  return parsed(value, /^[0-9]{1,6}$/, 'a number from 1', 1);
}

function seconds(value: string): number {
  return parsed(value, /^[0-9]+(?:\.[0-9]+)?$/, 'a number of seconds', 0);
}

function positiveSeconds(value: string): number {
  return parsed(value, /^[0-9]+(?:\.[0-9]+)?$/, 'a number of seconds above 0', Number.MIN_VALUE);
}

function partSize(value: string): number {
  return parsed(value, /^[0-9]{1,4}$/, 'a number of MB from 5', 5) * 1024 * 1024;
}

function parsed(value: string, pattern: RegExp, wanted: string, least: number): number {
  const result = Number(value);
  if (pattern.test(value) && result >= least) return result;
  throw new DuplifsError('USAGE', `"${value}" is not ${wanted}`);
}

function rate(value: string): number {
  const [, digits, unit = 'K'] = /^([0-9]+(?:\.[0-9]+)?)([KMG]?)$/i.exec(value) ?? [];
  const factor = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[(unit || 'K').toUpperCase()] ?? 1024;
  const result = Number(digits) * factor;
  if (result > 0) return result;
  throw new DuplifsError('USAGE', `"${value}" is not a rate`, {
    hint: 'Write KiB a second, or 500K, 2M, 1G',
  });
}

function oneOf(option: string, ...allowed: string[]): (value: string) => string {
  return (value) => {
    if (allowed.includes(value)) return value;
    throw new DuplifsError('USAGE', `"${value}" is not what ${option} takes`, {
      hint: `One of ${allowed.join(', ')}`,
    });
  };
}

function headers(value: string, previous: unknown): Record<string, string> {
  const all: Record<string, string> = { ...(previous as Record<string, string> | undefined) };
  // a comma separates headers only where another name and colon follow
  for (const part of value.split(/,\s*(?=[A-Za-z0-9-]+\s*:)/)) {
    const [, name, content] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*:\s*(.*?)\s*$/.exec(part) ?? [];
    if (name === undefined || content === undefined) {
      // not the text itself: it may hold a token
      throw new DuplifsError('USAGE', 'A header of --webdav-headers is not "Name: value"');
    }
    all[name] = content;
  }
  return all;
}
