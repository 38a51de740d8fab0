/**
 * A kit as a file: an OpenPGP message for a passphrase, and in it a tar archive of the parts, so that
 * `gpg -d kit | tar x` opens it on any machine.
 */
import { once } from 'node:events';
import tar from 'tar-stream';
import { DuplifsError, errorText } from '../base/index.js';
import { Keyring, openKeyBundle, sealed } from '../openpgp/index.js';
import type { KeyringOptions } from '../openpgp/index.js';
import { kitFolder } from './description.js';

/** One file of the kit. */
export interface KitPart {
  /** Below the kit's folder: "keys.asc", "ssh/id_ed25519". */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const maxParts = 200;
const fileMode = 0o600;

/** Packs and encrypts the parts. What was packed in the clear is wiped. */
export async function sealKit(
  parts: readonly KitPart[],
  passphrase: Uint8Array,
  madeSeconds: number,
): Promise<Buffer> {
  const archive = await packed(parts, new Date(madeSeconds * 1000));
  try {
    return await sealed(archive, passphrase);
  } finally {
    archive.fill(0);
  }
}

/**
 * The parts of a kit.
 * @throws DuplifsError KEY when nothing of `keys` opens it, DAMAGED when it is no kit
 */
export async function openKit(
  file: { readonly path: string; readonly bytes: Uint8Array },
  keys: KeyringOptions,
  signal?: AbortSignal,
): Promise<KitPart[]> {
  const keyring = new Keyring(keys);
  try {
    const { bytes } = await openKeyBundle(file, keyring, signal);
    try {
      return await unpacked(bytes, file.path);
    } finally {
      bytes.fill(0);
    }
  } finally {
    keyring.wipe();
  }
}

async function packed(parts: readonly KitPart[], mtime: Date): Promise<Buffer> {
  const pack = tar.pack();
  const pieces: Buffer[] = [];
  const collecting = (async () => {
    for await (const piece of pack) pieces.push(piece);
  })();
  for (const { name, bytes } of parts) {
    checkName(name, 'the new kit');
    const header = { name: `${kitFolder}/${name}`, mode: fileMode, mtime, size: bytes.length };
    const entry = pack.entry(header);
    entry.end(Buffer.from(bytes));
    await once(entry, 'finish');
  }
  pack.finalize();
  await collecting;
  const archive = Buffer.concat(pieces);
  for (const piece of pieces) piece.fill(0);
  return archive;
}

async function unpacked(archive: Uint8Array, path: string): Promise<KitPart[]> {
  const extract = tar.extract();
  extract.on('error', () => undefined); // the iteration tells
  extract.end(Buffer.from(archive));
  const parts: KitPart[] = [];
  try {
    for await (const entry of extract) {
      const { type, name } = entry.header;
      const isBelow = name.startsWith(`${kitFolder}/`);
      if (type !== 'file' || !isBelow || parts.length >= maxParts) {
        throw new Error(`"${name}" does not belong into one`);
      }
      const inner = name.slice(kitFolder.length + 1);
      checkName(inner, `"${path}"`);
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(Buffer.from(piece as Uint8Array));
      parts.push({ name: inner, bytes: Buffer.concat(pieces) });
      for (const piece of pieces) piece.fill(0);
    }
  } catch (error) {
    throw new DuplifsError('DAMAGED', `"${path}" is no kit: ${errorText(error)}`, { cause: error });
  }
  if (parts.length > 0) return parts;
  throw new DuplifsError('DAMAGED', `"${path}" is no kit: it is empty`);
}

/** Names go into paths of the machine that opens the kit: plain ones only. */
function checkName(name: string, where: string): void {
  const isPlain = name.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(part));
  if (isPlain && name.split('/').length <= 3) return;
  throw new DuplifsError('DAMAGED', `A part of ${where} has the name "${name}", which is not used`);
}
