/**
 * ASCII armor (RFC 9580 section 6.2), taken off while it streams by. The optional checksum is not
 * looked at (as section 6.1 allows): the messages in it carry a stronger one.
 */
import { ByteReader } from './byte-reader.js';
import { MessageError } from './message-error.js';

const maxLineBytes = 4096;
const maxHeadLines = 64;

/** Whether a file that starts with `bytes` is armored: a binary packet has its highest bit set. */
export function isArmored(bytes: Uint8Array): boolean {
  return bytes.length > 0 && ((bytes[0] ?? 0) & 0x80) === 0;
}

/** Takes the armor off: text in, the bytes in it out. */
export class Dearmorer {
  #text = '';
  #state: 'before' | 'headers' | 'data' | 'after' = 'before';
  #headLines = 0;
  #base64 = '';

  /** The bytes that `chunk` completes. A MessageError when the text is no armor. */
  push(chunk: Uint8Array): Buffer {
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    const end = this.#text.lastIndexOf('\n');
    if (end < 0) {
      if (this.#text.length > maxLineBytes) throw new MessageError('it is no OpenPGP message');
      return Buffer.alloc(0);
    }
    const lines = this.#text.slice(0, end).split('\n');
    this.#text = this.#text.slice(end + 1);
    for (const line of lines) this.#line(line.trim());
    const whole = this.#base64.length - (this.#base64.length % 4);
    const bytes = Buffer.from(this.#base64.slice(0, whole), 'base64');
    this.#base64 = this.#base64.slice(whole);
    return bytes;
  }

  /** Says that the text is over; a MessageError when the armor is not. */
  end(): Buffer {
    const bytes = this.#text === '' ? Buffer.alloc(0) : this.push(Buffer.from('\n'));
    if (this.#state !== 'after' || this.#base64 !== '') {
      throw new MessageError('its ASCII armor ends too early');
    }
    return bytes;
  }

  #line(line: string): void {
    switch (this.#state) {
      case 'before':
      case 'headers':
        this.#headLines += 1;
        if (this.#headLines > maxHeadLines) throw new MessageError('it is no OpenPGP message');
        if (this.#state === 'before' && line.startsWith('-----BEGIN PGP ')) this.#state = 'headers';
        else if (this.#state === 'headers' && line === '') this.#state = 'data';
        else if (this.#state === 'before' ? line !== '' : !line.includes(':')) {
          throw new MessageError('it is no OpenPGP message');
        }
        return;
      case 'data':
        if (/^-----END PGP [^-]+-----$/.test(line)) this.#state = 'after';
        else if (!line.startsWith('=')) {
          if (!/^[A-Za-z0-9+/]*={0,2}$/.test(line))
            throw new MessageError('its ASCII armor is bad');
          this.#base64 += line;
        }
        return;
      case 'after':
    }
  }
}

/** The binary message in a stream that may be armored. */
export async function* dearmored(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, void> {
  const reader = new ByteReader(source);
  try {
    const armor = isArmored(await reader.peek(1)) ? new Dearmorer() : undefined;
    for (let piece = await reader.some(); piece; piece = await reader.some()) {
      const bytes = armor ? armor.push(piece) : piece;
      if (bytes.length > 0) yield bytes;
    }
    const rest = armor?.end();
    if (rest && rest.length > 0) yield rest;
  } finally {
    await reader.close();
  }
}
