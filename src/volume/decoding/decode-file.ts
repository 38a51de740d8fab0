/**
 * From a file on the storage to its plaintext, in one pass: hash, decrypt, inflate.
 *
 * The chunks are not verified until the generator has ended without an error: only then have the
 * manifest's hash, the MDC and, where asked for, the signature been checked. Nothing of it may reach a
 * user before.
 */
import { createHash } from 'node:crypto';
import type { TransformOptions } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Gunzip, ZlibOptions } from 'node:zlib';
import { DuplifsError, errorText, isDuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { feedInCuts } from '../../deflate/index.js';
import type { SeekPointFinder } from '../../deflate/index.js';
import { decryptMessage } from '../../openpgp/index.js';
import type { Keyring, OpenPgpEvent } from '../../openpgp/index.js';
import type { Storage } from '../../storage/index.js';
import type { SeekTableBuilder } from './seek-table.js';

export interface FileHash {
  readonly algorithm: 'SHA1' | 'MD5';
  /** Lower-case hex digits. */
  readonly hex: string;
}

export interface DecodeOptions {
  readonly keyring: Keyring;
  /** The key whose signature the file must carry (`--sign-key`); checked in OpenPGP files only. */
  readonly signKey?: string | undefined;
  /** Serve what has no valid MDC (`--ignore-mdc-error`). */
  readonly ignoreMdcError?: boolean | undefined;
  readonly report?: Report<OpenPgpEvent> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How much of a gzipped file is inflated in one go; some four times as much is held while it is read. */
  readonly inflatedBytes?: number | undefined;
  /** Learns from which places the file can be read the next time. */
  readonly seek?: SeekTableBuilder | undefined;
}

export interface EncodedFile {
  readonly name: string;
  readonly container: 'gpg' | 'gz' | 'plain';
  /** The hash of the file as stored; undefined where nothing names one (sigtars). */
  readonly hash?: FileHash | undefined;
}

/** The plaintext of one stored file; see the module's paragraph for when it may be trusted. */
export async function* decodeFile(
  storage: Pick<Storage, 'read'>,
  file: EncodedFile,
  options: DecodeOptions,
): AsyncGenerator<Buffer> {
  const { seek, inflatedBytes } = options;
  const stored = hashed(storage.read(file.name, undefined, options.signal), file, seek);
  switch (file.container) {
    case 'gpg':
      yield* decrypted(stored, file.name, options);
      break;
    case 'gz':
      refuseUnsigned(file, options);
      yield* gunzip(stored, file.name, seek?.finder, inflatedBytes);
      break;
    case 'plain':
      refuseUnsigned(file, options);
      yield* stored;
  }
}

async function* decrypted(
  source: AsyncIterable<Buffer>,
  fileName: string,
  { keyring, signKey, ignoreMdcError, report, signal, seek }: DecodeOptions,
): AsyncGenerator<Buffer> {
  const message = await decryptMessage(source, {
    fileName,
    keyring,
    signKey,
    ignoreMdcError,
    report,
    signal,
    seeking: seek,
  });
  yield* message.plaintext;
  await message.done;
}

/** Passes the stored bytes on and compares their hash at the end. */
async function* hashed(
  source: AsyncIterable<Uint8Array>,
  { name, hash }: EncodedFile,
  seek: SeekTableBuilder | undefined,
): AsyncGenerator<Buffer> {
  const digest = hash === undefined ? undefined : createHash(hash.algorithm.toLowerCase());
  for await (const chunk of source) {
    digest?.update(chunk);
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    seek?.stored(bytes);
    yield bytes;
  }
  if (hash !== undefined && digest?.digest('hex') !== hash.hex) throw hashMismatch(name, hash);
}

function hashMismatch(name: string, hash: FileHash): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `"${name}" is damaged: its ${hash.algorithm} hash is not the one in the manifest`,
    { hint: 'Restore the file from a copy of the backup; what lies in it cannot be trusted' },
  );
}

/** Inflated in one go, for each is a way to libuv's pool and back. */
const mostInflatedBytes = 512 * 1024;

/** The next is inflated while one is used. */
function inflateOptions(inflatedBytes: number): ZlibOptions & TransformOptions {
  return { chunkSize: inflatedBytes, highWaterMark: 2 * inflatedBytes };
}

async function* gunzip(
  source: AsyncIterable<Buffer>,
  name: string,
  finder: SeekPointFinder | undefined,
  inflatedBytes = mostInflatedBytes,
): AsyncGenerator<Buffer> {
  const inflated = createGunzip(inflateOptions(inflatedBytes));
  const fed = finder === undefined ? feed(source, inflated) : feedInCuts(inflated, source, finder);
  fed.catch((error: unknown) => inflated.destroy(error as Error));
  try {
    for await (const chunk of inflated) yield chunk as Buffer;
    await fed; // what follows the last gzip member belongs to the hash too
  } catch (error) {
    if (isDuplifsError(error) || !isZlibError(error)) throw error;
    throw new DuplifsError('DAMAGED', `"${name}" is damaged: ${errorText(error)}`, {
      cause: error,
    });
  } finally {
    inflated.destroy();
  }
}

/** Reads the source to its end, whether or not the inflater wants all of it: it stops at zeros behind a member. */
async function feed(source: AsyncIterable<Buffer>, inflated: Gunzip): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) {
      inflated.once(event, () => {
        resolve();
      });
    }
  });
  for await (const chunk of source) {
    if (inflated.readableEnded) continue;
    if (inflated.destroyed) return; // given up
    const written = new Promise<void>((resolve) => {
      inflated.write(chunk, () => {
        resolve();
      });
    });
    await Promise.race([written, stopped]);
  }
  if (!inflated.destroyed) inflated.end();
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function refuseUnsigned({ name }: EncodedFile, { signKey }: DecodeOptions): void {
  if (signKey === undefined) return;
  throw new DuplifsError(
    'SIGNATURE',
    `"${name}" is not signed, and "${signKey}" must have signed it`,
  );
}
