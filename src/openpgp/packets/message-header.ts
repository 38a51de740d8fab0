/**
 * What a file begins with: the session key packets, one for each recipient and passphrase, and the
 * encrypted data packet (RFC 9580 sections 5.1, 5.3, 10.3; docs/format/1-bytes.md 7.3).
 */
import { Dearmorer, isArmored } from './armor.js';
import { MessageError } from './message-error.js';
import { parsePacketHeader, tags } from './packet-header.js';
import { parsePassphraseSlot } from './passphrase-slot.js';
import type { PassphraseSlot } from './passphrase-slot.js';

/** A PKESK packet: the session key for the holder of one secret key. */
export interface Recipient {
  /** 16 hexadecimal digits, upper case; "0000000000000000" for a hidden recipient. */
  readonly keyId: string;
  readonly hidden: boolean;
  /** The body of the packet. */
  readonly body: Buffer;
}

export interface MessageHeader {
  readonly armored: boolean;
  readonly recipients: readonly Recipient[];
  readonly passphraseSlots: readonly PassphraseSlot[];
  /** The session key packets as they stand in the file (armor taken off). */
  readonly keyPackets: Buffer;
  readonly data: {
    readonly kind: 'seipd1' | 'seipd2' | 'gnupg-aead' | 'unprotected';
    /** Where the data packet begins in the file (armor taken off). */
    readonly offset: number;
    /** The packet's first bytes, its header included, as many as were handed in, at most 4 KiB. */
    readonly start: Buffer;
  };
}

const maxKeyPackets = 128;
/** gpg and duplifs write one; each costs whoever tries a passphrase some 0.1 s. */
const maxPassphraseSlots = 8;
const maxKeyPacketBytes = 16 * 1024;
const maxStartBytes = 4096;
/** A file whose data packet has not begun by then is refused. */
export const maxHeaderSize = 1024 * 1024;
/** As much of the data packet as is needed to tell its version and to try a session key. */
const wantedStartBytes = 1024;

/**
 * Reads the header from a file's first bytes; undefined when more of the file is needed. `whole` says
 * that there is no more. A MessageError when the bytes are no encrypted message.
 */
export function parseMessageHeader(first: Uint8Array, whole = false): MessageHeader | undefined {
  const armored = isArmored(first);
  const bytes = armored ? new Dearmorer().push(first) : asBuffer(first);
  const recipients: Recipient[] = [];
  const passphraseSlots: PassphraseSlot[] = [];
  let at = 0;
  for (let count = 0; ; count += 1) {
    const header = parsePacketHeader(bytes, at);
    if (!header) return incomplete(whole, first);
    const { tag, length } = header;
    const bodyAt = at + header.headerBytes;
    if (tag === tags.seipd || tag === tags.gnupgAead || tag === tags.sed) {
      if (!whole && bytes.length < at + wantedStartBytes) return incomplete(whole, first);
      const start = Buffer.from(bytes.subarray(at, at + maxStartBytes));
      const kind = dataKind(tag, bytes[bodyAt]);
      const keyPackets = Buffer.from(bytes.subarray(0, at));
      const data = { kind, offset: at, start };
      return { armored, recipients, passphraseSlots, keyPackets, data };
    }
    if (tag !== tags.pkesk && tag !== tags.skesk && tag !== tags.marker && tag !== tags.padding) {
      throw new MessageError('it is no encrypted OpenPGP message');
    }
    if (length.kind !== 'definite' || length.bytes > maxKeyPacketBytes) {
      throw new MessageError('a session key packet is too large');
    }
    if (count >= maxKeyPackets) {
      throw new MessageError(`it is for more than ${maxKeyPackets} recipients`);
    }
    const end = bodyAt + length.bytes;
    if (bytes.length < end) return incomplete(whole, first);
    const body = Buffer.from(bytes.subarray(bodyAt, end));
    if (tag === tags.pkesk) recipients.push(parseRecipient(body));
    if (tag === tags.skesk) passphraseSlots.push(parsePassphraseSlot(body));
    if (passphraseSlots.length > maxPassphraseSlots) {
      throw new MessageError(`it is for more than ${maxPassphraseSlots} passphrases`);
    }
    at = end;
  }
}

function incomplete(whole: boolean, first: Uint8Array): MessageHeader | undefined {
  if (whole || first.length >= maxHeaderSize) throw new MessageError('it ends too early');
  return undefined;
}

function dataKind(tag: number, version: number | undefined): MessageHeader['data']['kind'] {
  if (tag === tags.sed) return 'unprotected';
  if (tag === tags.gnupgAead && version === 1) return 'gnupg-aead';
  if (tag === tags.seipd && version === 1) return 'seipd1';
  if (tag === tags.seipd && version === 2) return 'seipd2';
  throw new MessageError('its encrypted data has an unknown version');
}

/** RFC 9580 section 5.1.1 (version 3) and 5.1.2 (version 6). */
function parseRecipient(body: Buffer): Recipient {
  const id = body[0] === 6 ? version6KeyId(body) : body.subarray(1, 9);
  const keyId = id.toString('hex').toUpperCase().padStart(16, '0');
  return { keyId, hidden: /^0+$/.test(keyId), body };
}

function version6KeyId(body: Buffer): Buffer {
  const length = body[1] ?? 0;
  const fingerprint = body.subarray(3, 2 + length);
  return body[2] === 4 ? fingerprint.subarray(-8) : fingerprint.subarray(0, 8);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
