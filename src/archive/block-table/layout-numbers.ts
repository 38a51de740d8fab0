/**
 * A table's container-specific numbers as a plain list, which the index, the catalog and the state of a set keep
 * (docs/index-format.md, "layout"): for gpg compression (0 none, 1 ZIP), data offset, part bytes and body bytes; for
 * gz and plain none. For volumes of other programs the first number is 2, or 3 where nothing is compressed; of a message
 * follow the encrypted packet's offset, part bytes, tail part bytes and body bytes, the content's offset, and the literal
 * packet's four numbers and header bytes. Further numbers are ignored: later versions may have them.
 */
import type {
  BlockTable,
  ContinuousBlockTable,
  GpgLayout,
  MessageLayout,
  PacketLayout,
} from './block-table.js';

const compressions = ['none', 'zip'] as const;
const continuousDeflated = 2;
const continuousStored = 3;

/** The numbers of a table. */
export function layoutNumbers(table: BlockTable): number[] {
  if (table.container === 'continuous-gpg' || table.container === 'continuous-gz') {
    return continuousNumbers(table);
  }
  if (table.container !== 'gpg' || table.layout === undefined) return [];
  const { compression, dataOffset, partBytes, bodyBytes } = table.layout;
  return [compressions.indexOf(compression), dataOffset, partBytes, bodyBytes];
}

function continuousNumbers({ isDeflated, message }: ContinuousBlockTable): number[] {
  const kind = isDeflated ? continuousDeflated : continuousStored;
  if (message === undefined) return [kind];
  const { encrypted, contentOffset, literal, literalHeaderBytes } = message;
  return [
    kind,
    ...packetNumbers(encrypted),
    contentOffset,
    ...packetNumbers(literal),
    literalHeaderBytes,
  ];
}

function packetNumbers({
  dataOffset,
  partBytes,
  tailPartBytes,
  bodyBytes,
}: PacketLayout): number[] {
  return [dataOffset, partBytes, tailPartBytes, bodyBytes];
}

/** What is known of a volume's blocks, in the form in which it is kept. */
export interface TableFields {
  readonly container: 'gpg' | 'gz' | 'plain';
  readonly plaintextLength: number;
  readonly layout: readonly number[];
  readonly blocks: Buffer;
}

/** The table; without blocks where its layout is not understood, so that the volume is read from its start. */
export function blockTable({
  container,
  plaintextLength,
  layout,
  blocks,
}: TableFields): BlockTable {
  const [kind, ...numbers] = layout;
  if (container !== 'plain' && (kind === continuousDeflated || kind === continuousStored)) {
    const isDeflated = kind === continuousDeflated;
    if (container === 'gz') {
      return {
        container: 'continuous-gz',
        plaintextLength,
        blocks,
        isDeflated,
        message: undefined,
      };
    }
    const message = messageLayout(numbers);
    if (message !== undefined) {
      return { container: 'continuous-gpg', plaintextLength, blocks, isDeflated, message };
    }
  }
  if (container !== 'gpg') return { container, plaintextLength, blocks };
  const known = gpgLayout(layout);
  return {
    container,
    plaintextLength,
    layout: known,
    blocks: known === undefined ? Buffer.alloc(0) : blocks,
  };
}

function messageLayout(numbers: readonly number[]): MessageLayout | undefined {
  const encrypted = packetLayout(numbers.slice(0, 4));
  const literal = packetLayout(numbers.slice(5, 9));
  const [contentOffset, literalHeaderBytes] = [numbers[4], numbers[9]];
  if (!encrypted || !literal || contentOffset === undefined || !literalHeaderBytes)
    return undefined;
  return { encrypted, contentOffset, literal, literalHeaderBytes };
}

function packetLayout(numbers: readonly number[]): PacketLayout | undefined {
  const [dataOffset, partBytes, tailPartBytes, bodyBytes] = numbers;
  if (dataOffset === undefined || tailPartBytes === undefined) return undefined;
  if (!partBytes || !bodyBytes || tailPartBytes >= partBytes) return undefined;
  return { dataOffset, partBytes, tailPartBytes, bodyBytes };
}

function gpgLayout([number, dataOffset, partBytes, bodyBytes]: readonly number[]):
  GpgLayout | undefined {
  const compression = number === undefined ? undefined : compressions[number];
  if (compression === undefined || !(dataOffset && partBytes && bodyBytes)) return undefined;
  return { compression, dataOffset, partBytes, bodyBytes };
}
