/**
 * Decryption by gpg itself, for ciphers that OpenSSL lacks (Twofish). It is given the session key and the data packet
 * alone, needs no key and no agent, and gives back the packets inside, whose integrity code it has checked.
 */
import type { Writable } from 'node:stream';

import { startProgram } from '../../base/index.js';
import type { Report, RunningProgram } from '../../base/index.js';
import type { OpenPgpEvent } from '../events.js';
import { cipherByName } from '../packets/algorithms.js';
import type { SessionKey } from '../packets/algorithms.js';
import { MessageError, UnsupportedError } from '../packets/message-error.js';
import { encodeDefiniteLength, encodePacket, tags } from '../packets/packet-header.js';
import { untilWritable } from '../packets/until-writable.js';
import type { GpgProgram } from './gpg.js';

/** Data of which OpenSSL cannot do the decryption. */
export interface GpgStream {
  readonly gpg: GpgProgram | undefined;
  readonly sessionKey: SessionKey;
  /** Called instead of throwing where the MDC does not fit. */
  readonly onMismatch?: (() => void) | undefined;
  readonly report?: Report<OpenPgpEvent> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether only gpg can decrypt with that session key. */
export function needsGpg({ algorithm }: SessionKey): boolean {
  return cipherByName(algorithm).node === undefined;
}

/** A power of two, as the parts of a packet of unknown length have to be (RFC 9580, 4.2.1.4). */
const partPower = 16;
const partBytes = 2 ** partPower;

/** That it takes longer is said once. */
const told = new WeakSet<GpgProgram>();

/**
 * Decrypts the body of a SEIPD version 1 packet, its version octet included, into the packets inside. Throws a
 * MessageError at the end when the MDC does not fit, an UnsupportedError when there is no gpg.
 */
export async function* decryptByGpg(
  body: AsyncIterable<Buffer>,
  stream: GpgStream,
): AsyncGenerator<Buffer, void, void> {
  const { gpg, report, sessionKey } = stream;
  if (gpg !== undefined && report !== undefined && !told.has(gpg)) {
    told.add(gpg);
    report({ level: 'notice', code: 'decrypting-by-gpg', cipher: sessionKey.algorithm });
  }
  const program = await start(stream);
  const feeding = feed(inParts(body), program.stdin).then(
    () => undefined,
    (error: unknown) => {
      program.kill();
      return { error };
    },
  );
  try {
    for await (const piece of program.stdout ?? []) yield piece as Buffer;
    const failed = await feeding;
    if (failed) throw failed.error;
    // gpg gives out all that it has decrypted before it says so
    if ((await program.ended).exitCode === 0) return;
    if (stream.onMismatch === undefined) {
      throw new MessageError('gpg finds that its integrity code (MDC) does not fit');
    }
    stream.onMismatch();
  } finally {
    program.kill();
    await feeding;
  }
}

/** What the session key makes of the first bytes of such a body: nothing where they are too few. */
export async function startByGpg(body: Buffer, stream: GpgStream): Promise<Buffer> {
  const program = await start(stream);
  try {
    program.stdin.end(encodePacket(tags.seipd, body));
    const pieces: Buffer[] = [];
    for await (const piece of program.stdout ?? []) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  } finally {
    program.kill();
  }
}

async function start({ gpg, sessionKey, signal }: GpgStream): Promise<RunningProgram> {
  const { algorithm, key } = sessionKey;
  if (gpg === undefined) throw new UnsupportedError(`its cipher "${algorithm}" needs gpg`);
  const args = [
    ...['--batch', '--no-tty', '--no-secmem-warning', ...gpg.options],
    // on a descriptor of its own, for argv is seen by everybody
    ...['--override-session-key-fd', '3', '--unwrap', '--decrypt'],
  ];
  const secret = `${cipherByName(algorithm).id}:${key.toString('hex').toUpperCase()}\n`;
  return await startProgram(gpg.binary, args, {
    startError: { code: 'KEY', hint: 'Install GnuPG, or name it with --gpg-binary' },
    environmentOf: 'gpg',
    env: gpg.home === undefined ? undefined : { GNUPGHOME: gpg.home },
    stderr: 'discard',
    signal,
    extraPipes: [{ kind: 'input', bytes: Buffer.from(secret) }],
  });
}

async function* inParts(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  yield Buffer.of(0xc0 | tags.seipd);
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of body) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < partBytes) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; all.length - at >= partBytes; at += partBytes) {
      yield Buffer.of(0xe0 | partPower);
      yield all.subarray(at, at + partBytes);
    }
    held = [all.subarray(at)];
    heldBytes = all.length - at;
  }
  const last = Buffer.concat(held);
  yield Buffer.concat([encodeDefiniteLength(last.length), last]);
}

async function feed(source: AsyncIterable<Buffer>, stdin: Writable): Promise<void> {
  for await (const piece of source) {
    if (stdin.destroyed) return;
    // a copy: the source may use the piece again before gpg has read it
    if (!stdin.write(Buffer.from(piece))) await untilWritable(stdin);
  }
  stdin.end();
}
