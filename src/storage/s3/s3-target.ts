/**
 * Where an S3 URL points to. duplicity's forms: `s3://bucket/prefix`, `boto3+s3://bucket/prefix`, and from
 * its older S3 code `s3+http://bucket/prefix` and `s3://host[:port]/bucket/prefix`. The last is told from
 * the first by a port, or by a host that is one of Amazon's.
 */
import { StorageError } from '../errors.js';
import type { S3Options } from '../options.js';
import type { StorageUrl } from '../url.js';

export interface S3Target {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** Without credentials. */
  readonly url: string;
  readonly endpoint?: string;
  readonly region?: string;
}

export const s3Schemes = ['s3', 'boto3+s3', 's3+http'];

export function s3Target(url: StorageUrl, options: S3Options): S3Target {
  const old = url.scheme === 's3' && (url.port !== undefined || amazonHost.test(url.host));
  const path = url.path.split('/').filter((part) => part !== '');
  const bucket = old ? path.shift() : url.host;
  if (bucket === undefined || bucket === '') {
    throw new StorageError('STORAGE_URL', 'The S3 URL names no bucket', {
      hint: 'Write s3://bucket/prefix; for another server than Amazon give --s3-endpoint-url',
    });
  }
  const prefix = path.map((part) => `${part}/`).join('');
  return { bucket, prefix, url: `s3://${bucket}/${prefix}`, ...oldHost(url, old, options) };
}

const amazonHost = /^s3[.-](?:([a-z0-9-]+)\.)?amazonaws\.com$/;

function oldHost(
  url: StorageUrl,
  old: boolean,
  { endpointUrl, unencrypted }: S3Options,
): { endpoint?: string; region?: string } {
  if (endpointUrl !== undefined) return { endpoint: withScheme(endpointUrl, unencrypted) };
  if (!old) return {};
  const region = amazonHost.exec(url.host)?.[1];
  if (amazonHost.test(url.host)) return region === undefined ? {} : { region };
  const port = url.port === undefined ? '' : `:${url.port}`;
  return { endpoint: withScheme(`${url.host}${port}`, unencrypted) };
}

/** `--s3-unencrypted-connection` decides where the endpoint does not say. */
function withScheme(endpoint: string, unencrypted: boolean | undefined): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${unencrypted === true ? 'http' : 'https'}://${endpoint}`;
}
