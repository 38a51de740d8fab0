/**
 * Makes the files of a set in a thread of its own, one at a time: deflating, encrypting, summing and writing take as
 * long as all else that a backup does, so that two processors share the work. The plaintext goes there in buffers that
 * are handed to and fro, 6 MiB at most; memory that both threads share is copied more slowly.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { endThread, receivedError, startThread } from '../../threads/index.js';
import { messageSession } from '../../openpgp/index.js';
import type { MessageSession } from '../../openpgp/index.js';
import { encodingOfFile, signedBy } from '../../volume/index.js';
import type { Encoding, VolumeWriter, WrittenVolume } from '../../volume/index.js';
import { openSpool } from './file-spool.js';
import type { SpooledFile } from './file-spool.js';
import { bufferBytes, bufferCount } from './protocol.js';
import type { VolumeAnswer, VolumeProgress, VolumeRequest } from './protocol.js';

/** A file in the making. */
export interface OpenVolume {
  readonly writer: VolumeWriter;
  /** Gives it away, once the writer has finished. */
  readonly spooled: () => SpooledFile;
}

interface CurrentFile {
  readonly file: FileHandle;
  /** This side of the thread's writer, and what signs before it where that is to be done. */
  readonly threaded: ThreadedWriter;
  readonly writer: VolumeWriter;
}

export class VolumeMaker {
  readonly #folder: string;
  /** Those that are not on their way. */
  readonly #buffers: Uint8Array[] = Array.from(
    { length: bufferCount },
    () => new Uint8Array(new ArrayBuffer(bufferBytes)),
  );
  /** How many are, for the thread to see. */
  readonly #onTheWay = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  /** Why the thread makes nothing any more. */
  #failure: Error | undefined;
  /** The file that the thread writes, until it is given away. */
  #current: CurrentFile | undefined;
  /** Who waits for a session, in order. */
  readonly #waiting: {
    readonly resolve: (session: MessageSession) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  /** The files are made in that folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The encoding with a session that the thread makes at once, beside all else: what a passphrase takes is some 50 ms.
   * All files have the same one. Their session key is the same then, and each begins with random bytes of its own, which
   * is all that CFB needs (RFC 9580 section 5.13.1); who reads them derives the key from the passphrase once as well.
   */
  withSession(encoding: Encoding): Encoding {
    if (encoding.container === 'plain') return encoding;
    const prepare = { kind: 'prepare', level: encoding.level } as const;
    if (
      encoding.container === 'gz' ||
      encoding.passphrases.length === 0 ||
      encoding.session !== undefined
    ) {
      this.#send(prepare);
      return encoding;
    }
    const session = this.#session(encoding, prepare);
    session.catch(() => undefined); // it comes out when it is wanted
    return { ...encoding, session };
  }

  async #session(
    { encryptTo, passphrases, format }: Extract<Encoding, { container: 'gpg' }>,
    next: VolumeRequest,
  ): Promise<MessageSession> {
    const session = await messageSession(encryptTo, format);
    return new Promise((resolve, reject) => {
      this.#send({ kind: 'passphrases', session, passphrases });
      this.#waiting.push({ resolve, reject });
      this.#send(next);
    });
  }

  /** Opens the next file; the one before must have been given away. Fails with TARGET when there is no place for it. */
  async open(encoding: Encoding): Promise<OpenVolume> {
    const fileEncoding = await encodingOfFile(encoding);
    const file = await openSpool(this.#folder);
    const threaded = new ThreadedWriter(this.#buffers, (request, handedOver) => {
      this.#send(request, handedOver);
    });
    const writer = signedBy(encoding, threaded);
    this.#current = { file, threaded, writer };
    this.#send({ kind: 'open', encoding: fileEncoding, file: file.fd, folder: this.#folder });
    const spooled = (): SpooledFile => {
      this.#current = undefined;
      return { ...threaded.sums, file };
    };
    return { writer, spooled };
  }

  /** Makes a whole file. */
  async make(
    encoding: Encoding,
    write: (writer: VolumeWriter) => Promise<void> | undefined,
  ): Promise<SpooledFile> {
    const { writer, spooled } = await this.open(encoding);
    await write(writer);
    await writer.finish();
    return spooled();
  }

  /** Ends the thread, and gives up the file in the making. */
  async close(): Promise<void> {
    this.#current?.writer.abort();
    // before the file is closed: its number may be another's then
    if (this.#worker !== undefined)
      await endThread(this.#worker, { kind: 'end' } satisfies VolumeRequest);
    await this.#current?.file.close();
    this.#current = undefined;
  }

  #send(request: VolumeRequest, handedOver: readonly ArrayBuffer[] = []): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker ??= this.#start();
    if (request.kind === 'data') Atomics.add(this.#onTheWay, 0, 1);
    this.#worker.postMessage(request, handedOver);
  }

  #start(): Worker {
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#current?.threaded.fail(this.#failure);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    return startThread<VolumeAnswer>(new URL('./volume-thread.js', import.meta.url), {
      task: 'makes volumes',
      workerData: this.#onTheWay,
      onMessage: (answer) => {
        if (answer.kind === 'session') this.#waiting.shift()?.resolve(answer.session);
        else if (answer.kind === 'failed') fail(receivedError(answer.error));
        else this.#current?.threaded.take(answer);
      },
      onEnd: fail,
    });
  }
}

type Finished = Extract<VolumeAnswer, { kind: 'finished' }>;

type Send = (request: VolumeRequest, handedOver?: readonly ArrayBuffer[]) => void;

/** The writer of one volume, on this side. */
class ThreadedWriter implements VolumeWriter {
  /** Free ones; the last is the one that is being filled. */
  readonly #buffers: Uint8Array[];
  readonly #send: Send;
  #filled = 0;
  /** Lengths of the plaintext that the thread has not yet told to have taken. */
  readonly #onTheWay: number[] = [];
  #onTheWayBytes = 0;
  #known: VolumeProgress = { fileBytes: 0, pendingBytes: 0 };
  #isSettled = false;
  #finished: Finished | undefined;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(buffers: Uint8Array[], send: Send) {
    this.#buffers = buffers;
    this.#send = send;
  }

  get fileBytes(): number {
    return this.#known.fileBytes;
  }

  get pendingBytes(): number {
    return this.#known.pendingBytes + this.#onTheWayBytes + this.#filled;
  }

  /** The sums of the file, once it is finished. */
  get sums(): { size: number; sha1: Buffer } {
    if (this.#finished === undefined) throw new Error('The volume is not finished');
    const { size, sha1 } = this.#finished;
    return { size, sha1: Buffer.from(sha1) };
  }

  write(parts: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    for (const [i, part] of parts.entries()) {
      const taken = this.#fill(part, 0);
      // where all buffers are on their way the rest is a matter of waiting
      if (taken < part.length) return this.#writeRest(part, taken, parts.slice(i + 1));
    }
    return undefined;
  }

  async settle(): Promise<void> {
    this.#flush();
    this.#isSettled = false;
    this.#send({ kind: 'settle' });
    await this.#until(() => this.#isSettled);
  }

  async finish(signature?: Uint8Array): Promise<WrittenVolume> {
    this.#flush();
    this.#send({ kind: 'finish', signature });
    await this.#until(() => this.#finished !== undefined);
    const { table, sessionKey } = (this.#finished as Finished).volume;
    return {
      table: { ...table, blocks: Buffer.from(table.blocks) },
      sessionKey:
        sessionKey === undefined ? undefined : { ...sessionKey, key: Buffer.from(sessionKey.key) },
    };
  }

  abort(): void {
    // the thread is ended
  }

  /** Takes what the thread tells. */
  take(answer: Exclude<VolumeAnswer, { kind: 'session' | 'failed' }>): void {
    switch (answer.kind) {
      case 'taken':
        this.#known = answer;
        this.#buffers.unshift(new Uint8Array(answer.buffer));
        this.#onTheWayBytes -= this.#onTheWay.shift() ?? 0;
        break;
      case 'settled':
        this.#known = answer;
        this.#isSettled = true;
        break;
      case 'finished':
        this.#finished = answer;
    }
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /** Copies into free buffers what they have room for; up to where. */
  #fill(part: Uint8Array, from: number): number {
    let at = from;
    while (at < part.length) {
      if (this.#filled === bufferBytes) this.#flush();
      const buffer = this.#buffers.at(-1);
      if (buffer === undefined) return at;
      const piece = part.subarray(at, at + bufferBytes - this.#filled);
      buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
    }
    return at;
  }

  async #writeRest(part: Uint8Array, taken: number, others: readonly Uint8Array[]): Promise<void> {
    for (let at = taken; at < part.length; at = this.#fill(part, at)) {
      await this.#until(() => this.#buffers.length > 0);
    }
    const pending = this.write(others);
    if (pending !== undefined) await pending;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    const buffer = this.#buffers.pop()?.buffer as ArrayBuffer;
    const length = this.#filled;
    this.#onTheWay.push(length);
    this.#onTheWayBytes += length;
    this.#filled = 0;
    this.#send({ kind: 'data', buffer, length }, [buffer]);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}
