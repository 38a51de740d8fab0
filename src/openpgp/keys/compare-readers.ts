import { isDuplifsError } from '../../base/index.js';
import type { Keyring } from './keyring.js';
import type { SessionKey } from '../packets/algorithms.js';
import { readMessageHeader } from '../packets/message-start.js';
import type { MessageStart } from '../packets/message-start.js';
import type { MessageHeader } from '../packets/message-header.js';
import { fingerprintOf } from './public-keys.js';
import type { EncryptionKey } from '../packets/session-key-packets.js';

/** Whether those who can open a message can also open others that are about to be written. */
export type ReaderMatch =
  /**
   * At least one can; `lost` are the ids of recipients of the message that cannot. `opened` is what a passphrase has
   * opened the message to, if one has.
   */
  | { readonly kind: 'same'; readonly lost: readonly string[]; readonly opened?: OpenedHeader }
  /** The message does not name its recipients, and others are to be encrypted to keys. */
  | { readonly kind: 'hidden' }
  /** None can. `wanted` says in words what opens the message. */
  | { readonly kind: 'others'; readonly wanted: string };

/** A message's header, and the session key that was found with it. */
export interface OpenedHeader {
  readonly header: MessageHeader;
  readonly sessionKey: SessionKey;
}

export interface NewReaders {
  readonly encryptTo: readonly EncryptionKey[];
  /** Holds the passphrases that others are to be encrypted with, and nothing else that opens messages. */
  readonly keyring: Keyring;
  readonly hasPassphrases: boolean;
}

/**
 * Compares by a message's first bytes: key ids with those of the keys, whichever of
 * its subkeys a key had then; a passphrase by opening the message with it. DAMAGED when the bytes are no message.
 */
export async function compareReaders(
  start: MessageStart,
  readers: NewReaders,
  signal?: AbortSignal,
): Promise<ReaderMatch> {
  const { fileName } = start;
  const header = readMessageHeader(start);
  const wanted = wantedBy(header);
  if (readers.hasPassphrases && header.passphraseSlots.length > 0) {
    try {
      const sessionKey = await readers.keyring.sessionKey(header, fileName, signal);
      const lost = header.recipients.map(({ keyId }) => keyId);
      return { kind: 'same', lost, opened: { header, sessionKey } };
    } catch (error) {
      if (!isDuplifsError(error, 'KEY')) throw error;
    }
  }
  if (readers.encryptTo.length === 0) return { kind: 'others', wanted };
  const ids = new Set(readers.encryptTo.flatMap(({ key }) => idsOf(key)));
  const named = header.recipients.filter(({ hidden }) => !hidden);
  const lost = named.map(({ keyId }) => keyId).filter((id) => !ids.has(id));
  if (lost.length < named.length) return { kind: 'same', lost };
  return header.recipients.length > named.length ? { kind: 'hidden' } : { kind: 'others', wanted };
}

/** The long ids of a key and all its subkeys, as messages name them. */
function idsOf(key: EncryptionKey['key']): string[] {
  const primary = 'mainKey' in key ? key.mainKey : key;
  return primary.getKeys().map((one) => {
    const print = fingerprintOf(one);
    return print.length === 64 ? print.slice(0, 16) : print.slice(-16);
  });
}

function wantedBy({ recipients, passphraseSlots }: MessageHeader): string {
  const keys = recipients.map(({ keyId, hidden }) => (hidden ? '(hidden)' : keyId));
  return [
    ...(keys.length > 0 ? [`the key ${keys.join(', ')}`] : []),
    ...(passphraseSlots.length > 0 ? ['its passphrase'] : []),
  ].join(' or ');
}
