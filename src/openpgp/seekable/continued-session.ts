import { decodeCount } from '../packets/s2k.js';
import { defaultFormat } from '../packets/message-format.js';
import type { MessageFormat } from '../packets/message-format.js';
import type { MessageHeader } from '../packets/message-header.js';
import { hashById } from '../packets/algorithms.js';
import type { SessionKey } from '../packets/algorithms.js';
import type { MessageSession } from './writer.js';

/**
 * The session of an earlier message for new ones, whose session key packets are those of the earlier one: who reads
 * them all derives a key from the passphrase once, which takes some 60 ms. Undefined unless the earlier message
 * is for one passphrase alone and has an encrypted session key, made as `format` says; gpg's has none.
 *
 * That the session key is the same gives nothing away, for each message begins with random bytes of its own
 * (RFC 9580 section 5.13.1). Another session key under the same derived key would: a salt is never used twice
 * for that. The count is compared so that nobody who can write there makes a guess at the passphrase cheaper.
 */
export function continuedSession(
  { recipients, passphraseSlots, keyPackets }: MessageHeader,
  sessionKey: SessionKey,
  { cipher, s2k }: MessageFormat = defaultFormat,
): MessageSession | undefined {
  const [slot, ...others] = passphraseSlots;
  if (recipients.length > 0 || slot?.s2k === undefined || others.length > 0) return undefined;
  const isAsWanted =
    slot.version === 4 &&
    slot.encrypted.length > 0 &&
    slot.cipher?.name === cipher &&
    sessionKey.algorithm === cipher &&
    slot.s2k.salt.length > 0 &&
    slot.s2k.hash === hashById(s2k.hash) &&
    slot.s2k.count === decodeCount(s2k.count);
  return isAsWanted ? { sessionKey, packets: Buffer.from(keyPackets), s2k } : undefined;
}
