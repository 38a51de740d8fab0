/** How much is held back. */
const heldBytes = 8 << 20;

/**
 * The same chunks; but the first ones, up to some megabytes, were had when this returns. Whatever fails in them fails here,
 * before anything was given.
 */
export async function firstBytes(
  chunks: AsyncGenerator<Buffer, void>,
): Promise<AsyncGenerator<Buffer, void>> {
  const held: Buffer[] = [];
  let bytes = 0;
  let isWhole = false;
  while (bytes < heldBytes) {
    const next = await chunks.next();
    if (next.done === true) {
      isWhole = true;
      break;
    }
    held.push(next.value);
    bytes += next.value.length;
  }
  return given();

  async function* given(): AsyncGenerator<Buffer, void> {
    while (held.length > 0) {
      const chunk = held.shift();
      if (chunk !== undefined) yield chunk;
    }
    if (!isWhole) yield* chunks;
  }
}
