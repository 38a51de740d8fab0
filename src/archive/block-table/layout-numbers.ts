/**
 * A table's container-specific numbers as a plain list, which the index, the catalog and the state of a set keep
 * (docs/index-format.md, "layout"): for gpg compression (0 none, 1 ZIP), data offset, part bytes and body bytes; for
 * gz and plain none. Further numbers are ignored: later versions may have them.
 */
import type { BlockTable, GpgLayout } from './block-table.js';

const compressions = ['none', 'zip'] as const;

/** The numbers of a table. */
export function layoutNumbers(table: BlockTable): number[] {
  if (table.container !== 'gpg' || table.layout === undefined) return [];
  const { compression, dataOffset, partBytes, bodyBytes } = table.layout;
  return [compressions.indexOf(compression), dataOffset, partBytes, bodyBytes];
}

/** What is known of a volume's blocks, in the form in which it is kept. */
export interface TableFields {
  readonly container: BlockTable['container'];
  readonly plaintextLength: number;
  readonly layout: readonly number[];
  readonly blocks: Buffer;
}

/** The table; without blocks where its layout is not understood, so that the volume is read from its start. */
export function blockTable({ container, plaintextLength, ...fields }: TableFields): BlockTable {
  if (container !== 'gpg') return { container, plaintextLength, blocks: fields.blocks };
  const layout = gpgLayout(fields.layout);
  const blocks = layout === undefined ? Buffer.alloc(0) : fields.blocks;
  return { container, plaintextLength, layout, blocks };
}

function gpgLayout([number, dataOffset, partBytes, bodyBytes]: readonly number[]):
  GpgLayout | undefined {
  const compression = number === undefined ? undefined : compressions[number];
  if (compression === undefined || !(dataOffset && partBytes && bodyBytes)) return undefined;
  return { compression, dataOffset, partBytes, bodyBytes };
}
