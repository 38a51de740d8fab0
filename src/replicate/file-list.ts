/** The list of changed files in a manifest, byte for byte, as the manifest goes by (docs/format/1-bytes.md 3). */

const lineFeed = 0x0a;
const space = 0x20;
const heading = Buffer.from('Filelist ');

/** The lines of the list with their heading; nothing where there is none. */
export async function* fileListOf(manifest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isInList = false;
  for await (const line of linesOf(manifest)) {
    isInList = isHeading(line) || (isInList && line[0] === space);
    if (isInList) yield line;
  }
}

function isHeading(line: Buffer): boolean {
  return line.subarray(0, heading.length).equals(heading);
}

/** Each with its line feed. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
      yield bytes.subarray(from, end + 1);
      from = end + 1;
    }
    held = Buffer.from(bytes.subarray(from));
  }
  if (held.length > 0) yield Buffer.concat([held, Buffer.from('\n')]);
}
