/**
 * A bucket of Amazon S3 or of a server that speaks its protocol. An object appears when its upload is
 * complete, so writes are atomic by themselves. No HEAD requests: looking for one name is a listing of one.
 */
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client, _Object } from '@aws-sdk/client-s3';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { chunksOf } from '../body.js';
import { rangeHeader, sliced, sliceOf } from '../http-range.js';
import type { S3Options } from '../options.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { httpStatus } from './s3-errors.js';
import type { S3Target } from './s3-target.js';
import { uploadParts } from './s3-upload.js';
import { isArchive, s3WriteOptions } from './s3-write-options.js';

const mebibyte = 1024 * 1024;
const defaultPartBytes = 8 * mebibyte;
/** Amazon takes 10,000, Swift 1,000; S3 takes 5 GiB a part. */
const maxParts = 900;
const removalsAtOnce = 16;

export class S3Storage implements Storage {
  readonly url: string;
  readonly #client: S3Client;
  readonly #target: S3Target;
  readonly #options: S3Options;

  constructor(client: S3Client, target: S3Target, options: S3Options) {
    this.url = target.url;
    this.#client = client;
    this.#target = target;
    this.#options = options;
  }

  async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const objects = await this.#list(false, signal);
    // which archived ones were restored is asked only if there are any: few servers know the header
    if (!objects.some(({ archived }) => archived)) return objects;
    return await this.#list(true, signal);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    // the name itself comes first among all that begin with it
    const { Contents = [] } = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: this.#target.bucket,
        Prefix: this.#key(name),
        MaxKeys: 1,
      }),
      having(signal),
    );
    return Contents.map((object) => this.#stored(object)).find((object) => object.name === name);
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const answer = await this.#get(name, range, signal);
    if (answer === undefined) return;
    const body = answer.Body;
    if (!(body instanceof Readable)) throw new Error('The answer has no body');
    try {
      const slice = sliceOf(range, answer.ContentRange, name, this.url);
      if (answer.ContentRange === undefined && slice.skip > (answer.ContentLength ?? 0)) {
        throw beyondEnd(name, this.url);
      }
      yield* sliced(body as AsyncIterable<Buffer>, slice);
    } finally {
      body.destroy();
    }
  }

  async write(name: string, body: Body, { size, signal }: WriteOptions): Promise<void> {
    const input = {
      Bucket: this.#target.bucket,
      Key: this.#key(name),
      ...s3WriteOptions(name, this.#options),
    };
    const partBytes = Math.max(
      this.#options.partBytes ?? defaultPartBytes,
      Math.ceil((size ?? 0) / maxParts / mebibyte) * mebibyte,
    );
    if (size !== undefined && size <= partBytes) {
      const bytes = body instanceof Uint8Array ? body : await gather(body);
      signal?.throwIfAborted();
      await this.#client.send(new PutObjectCommand({ ...input, Body: bytes }), having(signal));
    } else {
      await uploadParts(this.#client, input, chunksOf(body), { partBytes, signal });
    }
  }

  /** One by one: the request that removes many at a time is where servers differ most. */
  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    await pMap(names.toReversed(), (name) => this.#remove(name, signal), {
      concurrency: removalsAtOnce,
    });
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #key(name: string): string {
    return `${this.#target.prefix}${name}`;
  }

  async #list(restored: boolean, signal: AbortSignal | undefined): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#target.bucket,
          Prefix: this.#target.prefix,
          Delimiter: '/',
          ContinuationToken: token,
          OptionalObjectAttributes: restored ? ['RestoreStatus'] : undefined,
        }),
        having(signal),
      );
      for (const object of page.Contents ?? []) objects.push(this.#stored(object));
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return objects;
  }

  #stored(object: _Object): StoredObject {
    const name = (object.Key ?? '').slice(this.#target.prefix.length);
    const archived =
      isArchive(object.StorageClass) && object.RestoreStatus?.RestoreExpiryDate === undefined;
    return {
      name,
      size: object.Size ?? 0,
      modifiedSeconds:
        object.LastModified === undefined
          ? undefined
          : Math.floor(object.LastModified.getTime() / 1000),
      archived: archived ? true : undefined,
    };
  }

  /** The answer; undefined when the range is the nothing behind the last byte. */
  async #get(
    name: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<GetObjectCommandOutput | undefined> {
    const header = rangeHeader(range);
    try {
      return await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#target.bucket,
          Key: this.#key(name),
          Range: header,
        }),
        having(signal),
      );
    } catch (error) {
      if (httpStatus(error) !== 416 || range === undefined) throw error;
      const found = range.length === undefined ? await this.stat(name, signal) : undefined;
      if (found?.size === range.offset) return undefined;
      throw beyondEnd(name, this.url);
    }
  }

  async #remove(name: string, signal: AbortSignal | undefined): Promise<void> {
    const input = { Bucket: this.#target.bucket, Key: this.#key(name) };
    try {
      await this.#client.send(new DeleteObjectCommand(input), having(signal));
    } catch (error) {
      const absent = error instanceof Error && error.name === 'NoSuchKey';
      if (!absent) throw error;
    }
  }
}

async function gather(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function having(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
