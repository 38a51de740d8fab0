/** A message for whoever has a passphrase: AES-256, the key hashed from the passphrase at the highest count that there is. */
import { defaultFormat } from '../packets/message-format.js';
import type { Passphrase } from '../packets/passphrase.js';
import { openpgp } from '../keys/library.js';
import { messageSession, SeekableMessageWriter, withPassphrases } from './writer.js';

const level = 6;

/** Encrypts `plaintext`, which `gpg -d` opens. Binary; the session key is wiped. */
export async function sealed(plaintext: Uint8Array, passphrase: Passphrase): Promise<Buffer> {
  const session = await withPassphrases(await messageSession([], defaultFormat), [passphrase]);
  const pieces: Buffer[] = [];
  const sink = (piece: Buffer): Promise<void> => {
    pieces.push(Buffer.from(piece)); // the writer uses the piece again
    return Promise.resolve();
  };
  const writer = new SeekableMessageWriter({ session, level, sink });
  await writer.write(plaintext);
  await writer.finish();
  session.sessionKey.key.fill(0);
  return Buffer.concat(pieces);
}

/** The same as text, for paper and mail. */
export async function sealedText(plaintext: Uint8Array, passphrase: Passphrase): Promise<Buffer> {
  const { armor, enums } = openpgp();
  const message = await sealed(plaintext, passphrase);
  const text = armor(enums.armor.message, message, undefined, undefined, undefined, true);
  return Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1');
}
