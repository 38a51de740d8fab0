/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  const random = randomOf(seed);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(random(), at);
  for (let at = length - (length % 4); at < length; at += 1) bytes[at] = random() & 0xff;
  return bytes;
}

/** Numbers of 32 bits from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
