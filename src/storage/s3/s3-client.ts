import { defined } from '../../base/index.js';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '../options.js';
import type { S3Target } from './s3-target.js';

export interface ClientInputs {
  readonly target: S3Target;
  readonly options: S3Options;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds: number;
  /** Credentials from the URL, which go before all others. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** A client whose credentials and region come from where the `aws` program takes them, too. */
export async function s3Client(inputs: ClientInputs): Promise<S3Client> {
  const { target, options, env, timeoutSeconds } = inputs;
  const region = options.region ?? target.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const endpoint =
    target.endpoint ??
    env['AWS_ENDPOINT_URL_S3'] ??
    env['AWS_ENDPOINT_URL'] ??
    (options.unencrypted === true ? `http://s3.${region ?? 'us-east-1'}.amazonaws.com` : undefined);
  // it tells developers about a later SDK; users of this one can do nothing with it
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const milliseconds = timeoutSeconds * 1000;
  const config: S3ClientConfig = defined({
    ...credentials(inputs),
    endpoint,
    profile: env['AWS_PROFILE'],
    forcePathStyle: options.addressing
      ? options.addressing === 'path'
      : endpoint !== undefined || target.bucket.includes('.'),
    followRegionRedirects: endpoint === undefined,
    maxAttempts: 1, // src/storage/wrappers/retry.ts decides
    // Servers other than Amazon's know no checksums in trailers; sizes and TLS guard the transfer.
    requestChecksumCalculation: endpoint === undefined ? undefined : ('WHEN_REQUIRED' as const),
    responseChecksumValidation: endpoint === undefined ? undefined : ('WHEN_REQUIRED' as const),
    requestHandler: { connectionTimeout: milliseconds, socketTimeout: milliseconds },
  });
  const client = new S3Client(region === undefined ? config : { ...config, region });
  if (region !== undefined) return client;
  try {
    await client.config.region();
    return client;
  } catch {
    client.destroy();
    return new S3Client({ ...config, region: 'us-east-1' });
  }
}

/** Nothing when the environment names none: then the SDK looks for profiles, SSO, instance roles. */
function credentials({ env, user, password }: ClientInputs): Pick<S3ClientConfig, 'credentials'> {
  const id = user ?? env['AWS_ACCESS_KEY_ID'];
  const secret = password ?? env['AWS_SECRET_ACCESS_KEY'];
  if (id === undefined || secret === undefined || id === '' || secret === '') return {};
  const session = user === undefined ? env['AWS_SESSION_TOKEN'] : undefined;
  return {
    credentials: defined({
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: session === undefined || session === '' ? undefined : session,
    }),
  };
}
