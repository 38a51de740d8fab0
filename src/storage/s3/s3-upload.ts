import { Readable } from 'node:stream';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

const partsAtOnce = 4;

interface UploadOptions {
  readonly partBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Uploads in parts, some at a time; at most `partsAtOnce + 1` of them are in memory. When it fails, the
 * parts that the server has are discarded.
 */
export async function uploadParts(
  client: S3Client,
  input: PutObjectCommandInput,
  body: AsyncIterable<Uint8Array>,
  { partBytes, signal }: UploadOptions,
): Promise<void> {
  const stream = Readable.from(body, { objectMode: true, highWaterMark: 1 });
  stream.on('error', () => undefined); // it also reaches the upload, which reads the stream
  const upload = new Upload({
    client: failingFast(client, stream),
    params: { ...input, Body: stream },
    queueSize: partsAtOnce,
    partSize: partBytes,
  });
  // destroying the body ends the upload by its own clean-up; its abort() would not wait for that
  const abort = (): void => {
    stream.destroy(new Error('The upload was cancelled'));
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await upload.done();
  } finally {
    signal?.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/**
 * The client, but when one request fails the body ends as well. Else the upload would send all other parts
 * before it gives up.
 */
function failingFast(client: S3Client, stream: Readable): S3Client {
  return new Proxy(client, {
    get(target, property, receiver): unknown {
      const value: unknown = Reflect.get(target, property, receiver);
      if (property !== 'send' || typeof value !== 'function') return value;
      return async (command: unknown): Promise<unknown> => {
        try {
          return (await Reflect.apply(value, target, [command])) as unknown;
        } catch (error) {
          stream.destroy(error instanceof Error ? error : new Error(String(error)));
          throw error;
        }
      };
    },
  });
}
