/**
 * gpg as a session key oracle: a message of the session key packets and a few bytes of the data is
 * enough for it to say the session key; then it fails on the truncated data, as expected.
 */
import { cipherById } from '../packets/algorithms.js';
import type { SessionKey } from '../packets/algorithms.js';
import { runGpg } from './gpg.js';
import type { GpgProgram } from './gpg.js';
import type { MessageHeader } from '../packets/message-header.js';
import { bodyPrefix, encodePacket, parsePacketHeader } from '../packets/packet-header.js';

export type GpgAnswer =
  | {
      readonly kind: 'key';
      readonly sessionKey: SessionKey;
      /** Of the key that opened it: the long id; undefined where gpg does not say. */
      readonly keyId: string | undefined;
    }
  /** None of the recipients' secret keys is in the keyring. */
  | { readonly kind: 'no-secret-key' }
  /** There is a key, but the passphrase is wrong, or something else failed. */
  | { readonly kind: 'failed'; readonly log: string };

/** What gpg is given of the data. It can make out no more than a few bytes of plaintext of it. */
const dataBytes = 64;

export async function askGpgForSessionKey(
  gpg: GpgProgram,
  header: MessageHeader,
  passphrase: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<GpgAnswer> {
  const run = {
    args: ['--show-session-key', '--decrypt'],
    passphrase,
    discardOutput: true,
    signal,
  };
  const input = Buffer.concat([header.keyPackets, dataStart(header)]);
  const { status, log } = await runGpg(gpg, run, input);
  for (const line of status) {
    const match = /^SESSION_KEY (\d{1,3}):([0-9A-F]{32,64})$/i.exec(line);
    if (!match) continue;
    const cipher = cipherById(Number(match[1]));
    const key = Buffer.from(match[2] ?? '', 'hex');
    if (key.length === cipher.keyBytes) {
      return { kind: 'key', sessionKey: { algorithm: cipher.name, key }, keyId: openerOf(status) };
    }
  }
  const missing = status.filter((line) => line.startsWith('NO_SECKEY ')).length;
  return missing > 0 && missing >= header.recipients.length && header.passphraseSlots.length === 0
    ? { kind: 'no-secret-key' }
    : { kind: 'failed', log };
}

/** `DECRYPTION_KEY` with the fingerprint of the subkey (GnuPG's doc/DETAILS). */
function openerOf(status: readonly string[]): string | undefined {
  const line = status.find((one) => one.startsWith('DECRYPTION_KEY '));
  return line?.split(' ')[1]?.slice(-16);
}

/** The data packet's first bytes as a packet of their own: gpg does not look at one whose end is missing. */
function dataStart({ data }: MessageHeader): Buffer {
  const header = parsePacketHeader(data.start);
  if (!header) return Buffer.alloc(0);
  return encodePacket(header.tag, bodyPrefix(data.start, header).subarray(0, dataBytes));
}
