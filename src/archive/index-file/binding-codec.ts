/** Binding records (docs/index-format.md, "Binding"). */
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { IndexBinding } from './model.js';

const digestLength = 32;

export function encodeBinding(binding: IndexBinding, to: ByteWriter): void {
  to.text(binding.base?.setKey ?? '');
  to.raw(binding.base?.volumesDigest ?? Buffer.alloc(digestLength));
  to.raw(binding.signaturesDigest);
  to.text(binding.signKey ?? '');
}

export function decodeBinding(from: ByteReader): IndexBinding {
  const setKey = from.text();
  const volumesDigest = Buffer.from(from.raw(digestLength));
  const signaturesDigest = Buffer.from(from.raw(digestLength));
  const signKey = from.text();
  return {
    base: setKey === '' ? undefined : { setKey, volumesDigest },
    signaturesDigest,
    signKey: signKey === '' ? undefined : signKey,
  };
}
