import { defaults } from '../options.js';
import type { StorageOptions } from '../options.js';
import type { Storage } from '../storage.js';
import type { StorageUrl } from '../url.js';
import { compose } from '../wrappers/compose.js';
import { s3Client } from './s3-client.js';
import { s3Failure } from './s3-errors.js';
import { S3Storage } from './s3-storage.js';
import { s3Target } from './s3-target.js';

export async function openS3(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  const s3 = options.s3 ?? {};
  const env = options.env ?? process.env;
  const target = s3Target(url, s3);
  const client = await s3Client({
    target,
    options: s3,
    env,
    timeoutSeconds: options.timeoutSeconds ?? defaults.timeoutSeconds,
    user: url.user,
    password: url.password,
  });
  const secrets = [url.password, env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']];
  return compose(
    new S3Storage(client, target, s3),
    {
      remote: true,
      utf8Names: true,
      explain: s3Failure,
      secrets: secrets.filter((secret) => secret !== undefined),
    },
    options,
  );
}
