/**
 * From a file on the storage to its plaintext, in one pass: hash, decrypt, inflate.
 *
 * The chunks are not verified until the generator has ended without an error: only then have the
 * manifest's hash, the MDC and, where asked for, the signature been checked. Nothing of it may reach a
 * user before.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import { decryptMessage, type Keyring } from '../openpgp/index.js';
import { type Storage } from '../storage/index.js';

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
  readonly warn?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
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
  const stored = hashed(storage.read(file.name, undefined, options.signal), file);
  switch (file.container) {
    case 'gpg':
      yield* decrypted(stored, file.name, options);
      break;
    case 'gz':
      refuseUnsigned(file, options);
      yield* gunzip(stored, file.name);
      break;
    case 'plain':
      refuseUnsigned(file, options);
      yield* stored;
  }
}

async function* decrypted(
  source: AsyncIterable<Buffer>,
  fileName: string,
  { keyring, signKey, ignoreMdcError, warn, signal }: DecodeOptions,
): AsyncGenerator<Buffer> {
  const message = await decryptMessage(source, {
    fileName,
    keyring,
    ...(signKey === undefined ? {} : { signKey }),
    ...(ignoreMdcError === undefined ? {} : { ignoreMdcError }),
    ...(warn === undefined ? {} : { warn }),
    ...(signal === undefined ? {} : { signal }),
  });
  yield* message.plaintext;
  await message.done;
}

/** Passes the stored bytes on and compares their hash at the end. */
async function* hashed(
  source: AsyncIterable<Uint8Array>,
  { name, hash }: EncodedFile,
): AsyncGenerator<Buffer> {
  const digest = hash === undefined ? undefined : createHash(hash.algorithm.toLowerCase());
  for await (const chunk of source) {
    digest?.update(chunk);
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
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

async function* gunzip(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const input = Readable.from(source, { objectMode: false, highWaterMark: 1 << 20 });
  const inflated = createGunzip({ chunkSize: 256 * 1024 });
  input.on('error', (error) => inflated.destroy(error));
  input.pipe(inflated);
  try {
    for await (const chunk of inflated) yield chunk as Buffer;
    // what follows the last gzip member is not inflated, but belongs to the hash
    input.resume();
    await finished(input);
  } catch (error) {
    if (isDuplifsError(error) || !isZlibError(error)) throw error;
    throw new DuplifsError('DAMAGED', `"${name}" is damaged: ${errorText(error)}`, {
      cause: error,
    });
  } finally {
    input.destroy();
    inflated.destroy();
  }
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
