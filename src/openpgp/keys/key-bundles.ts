/** A key file that is itself encrypted, as `gpg --export-secret-keys ID | gpg -c` makes it. */
import { DuplifsError } from '../../base/index.js';
import { isArmored } from '../packets/armor.js';
import { decryptMessage } from '../packets/decrypt-message.js';
import { parsePacketHeader, tags } from '../packets/packet-header.js';
import type { KeyFile } from './key-files.js';
import type { Keyring } from './keyring.js';

/** Many keys with all their signatures. */
const maxBundleBytes = 16 * 1024 * 1024;
const messageTags = new Set<number>([tags.skesk, tags.pkesk, tags.seipd, tags.gnupgAead]);

/** Whether the file is an encrypted message and no key yet. */
export function isKeyBundle({ bytes }: KeyFile): boolean {
  if (isArmored(bytes)) {
    return Buffer.from(bytes).toString('latin1').includes('-----BEGIN PGP MESSAGE-----');
  }
  const header = parsePacketHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return header !== undefined && messageTags.has(header.tag);
}

/**
 * What is inside, opened by a keyring that has no key files. A DuplifsError (KEY) that names the file when it cannot be
 * opened, or is damaged.
 */
export async function openKeyBundle(
  { path, bytes }: KeyFile,
  keyring: Keyring,
  signal?: AbortSignal,
): Promise<KeyFile> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  }
  const options = { fileName: path, keyring, maxPlaintextBytes: maxBundleBytes, signal };
  const pieces: Buffer[] = [];
  const opened = await decryptMessage(source(), options);
  for await (const piece of opened.plaintext) pieces.push(Buffer.from(piece));
  const inside = { path, bytes: Buffer.concat(pieces) };
  for (const piece of pieces) piece.fill(0);
  if (!isKeyBundle(inside)) return inside;
  throw new DuplifsError('KEY', `The key file "${path}" is encrypted twice`);
}
