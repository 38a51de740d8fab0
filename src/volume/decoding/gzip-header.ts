const fixedBytes = 10;
const flags = { headerCheck: 2, extra: 4, name: 8, comment: 16 } as const;

/** How many bytes come before the deflate stream of a gzip member (RFC 1952 section 2.3); undefined when more than given. */
export function gzipHeaderBytes(bytes: Buffer): number | undefined {
  const present = bytes[3] ?? 0;
  let at = fixedBytes;
  if ((present & flags.extra) !== 0) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const text of [flags.name, flags.comment]) {
    if ((present & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((present & flags.headerCheck) !== 0) at += 2;
  return at < bytes.length ? at : undefined;
}
