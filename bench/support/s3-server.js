/** A real S3 server on loopback: the one that the tests use (test/services/README.md). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from './process.js';

const script = new URL('../../test/services/s3-swift.sh', import.meta.url).pathname;

/**
 * @typedef {object} S3Server
 * @property {string} bucket
 * @property {string} args of duplifs
 * @property {Record<string, string>} env
 */

/**
 * Starts the server, calls `use`, and removes the server with all that it holds.
 *
 * @template T
 * @param {(server: S3Server) => Promise<T>} use
 */
export async function withS3Server(use) {
  const folder = await mkdtemp(join(tmpdir(), 'duplifs-bench-s3-'));
  try {
    const { stdout } = await runScript(`'${script}' start '${folder}'`);
    const values = Object.fromEntries(
      stdout
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    return await use({
      bucket: values.BUCKET,
      args: `--s3-endpoint-url '${values.ENDPOINT}'`,
      env: {
        AWS_ACCESS_KEY_ID: values.ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY: values.SECRET_KEY,
        AWS_REGION: values.REGION,
      },
    });
  } finally {
    await runScript(`'${script}' stop '${folder}'`, { allowFailure: true });
    await rm(folder, { recursive: true, force: true });
  }
}
