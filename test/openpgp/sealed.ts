/** Messages put together by hand, with node:crypto alone. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';

import type { SessionKey } from '../../src/openpgp/index.js';
import { encodePacket } from '../../src/openpgp/packets/packet-header.js';

export function literalPacket(data: Uint8Array): Buffer {
  return encodePacket(11, Buffer.concat([Buffer.from('b\0\0\0\0\0', 'latin1'), data]));
}

/** A SEIPD version 1 packet (AES-256) with a good MDC around any content. */
export function seal(content: Uint8Array, sessionKey: SessionKey): Buffer {
  const prefix = randomBytes(16);
  const inner = Buffer.concat([prefix, prefix.subarray(14), content, Buffer.of(0xd3, 0x14)]);
  const mdc = createHash('sha1').update(inner).digest();
  const cipher = createCipheriv('aes-256-cfb', sessionKey.key, Buffer.alloc(16));
  return encodePacket(18, Buffer.concat([Buffer.of(1), cipher.update(inner), cipher.update(mdc)]));
}
