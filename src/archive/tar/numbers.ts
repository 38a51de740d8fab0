/** Numbers in tar headers: octal text, or base 256 where GNU tar needs more room. */

/**
 * Reads the number field of `length` bytes at `at`: octal digits with blanks or NULs around them
 * (none at all is 0), or base 256 when the first byte is 0x80 or, for a negative number, 0xff.
 * Undefined when it is neither or does not fit below 2^53.
 */
export function readNumber(bytes: Buffer, at: number, length: number): number | undefined {
  const first = bytes[at] ?? 0;
  if (first >= 0x80) return readBase256(bytes, at, length);
  const end = at + length;
  let i = at;
  while (i < end && bytes[i] === 0x20) i += 1;
  let value = 0;
  for (; i < end; i += 1) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  const stop = i === end ? 0 : bytes[i];
  return stop === 0 || stop === 0x20 ? value : undefined; // 12 digits are 36 bits: always safe
}

function readBase256(bytes: Buffer, at: number, length: number): number | undefined {
  const first = bytes[at];
  if (first !== 0x80 && first !== 0xff) return undefined;
  let value = first === 0xff ? -1 : 0;
  for (let i = at + 1; i < at + length; i += 1) {
    value = value * 256 + (bytes[i] ?? 0);
    if (!Number.isSafeInteger(value)) return undefined;
  }
  return value;
}

/** Writes `digits` octal digits of `value` at `at`; the caller leaves room for the NUL that follows. */
export function writeOctal(bytes: Buffer, value: number, at: number, digits: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i -= 1) {
    bytes[i] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
