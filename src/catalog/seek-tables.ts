/** The tables of blocks in the catalog, and the places where blocks of other programs' volumes begin. */
import { blockTable, faultOfBlocks, layoutNumbers, packBlocks } from '../archive/index.js';
import type { BlockStarts, BlockTable } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import type { PointsOf, SeekTable, VolumeRef } from '../volume/index.js';
import type { Connection } from './schema.js';

/** A volume in the catalog. */
interface VolumeId {
  readonly id: number;
  readonly setId: number;
}

/** Writes a volume's table; to be called in a transaction, or for one volume. */
export function putTable(connection: Connection, { id, setId }: VolumeId, table: BlockTable): void {
  connection
    .prepare('INSERT OR REPLACE INTO volume_tables VALUES (?, ?, ?, ?, ?)')
    .run(id, setId, table.plaintextLength, JSON.stringify(layoutNumbers(table)), table.blocks);
}

/** Writes what a pass over a volume has learned of how to read parts of it. */
export function putSeekTable(
  connection: Connection,
  volume: VolumeId,
  { table, points }: SeekTable,
): void {
  connection.transaction(() => {
    putTable(connection, volume, table);
    putPoints(connection, volume, { first: 0, starts: points });
  })();
}

/** Writes where blocks of a volume begin; to be called in a transaction. */
export function putPoints(
  connection: Connection,
  volume: VolumeId,
  { first, starts }: Pick<BlockStarts, 'first' | 'starts'>,
): void {
  const put = connection.prepare('INSERT OR REPLACE INTO seek_points VALUES (?, ?, ?, ?, ?, ?)');
  for (const [at, { bit, inflatedOffset, window }] of starts.entries()) {
    put.run(volume.id, first + at, volume.setId, bit, inflatedOffset, window);
  }
}

/** Notes that a volume can only be read from its start. */
export function putNoTable(
  connection: Connection,
  volume: VolumeId,
  plaintextLength: number,
): void {
  putTable(connection, volume, { container: 'plain', plaintextLength, blocks: packBlocks([]) });
}

/** Whether it is known how parts of the volume can be read, or that they cannot. */
export function hasTable(connection: Connection, volumeId: number): boolean {
  const found = connection
    .prepare<[number]>('SELECT 1 FROM volume_tables WHERE volume_id = ?')
    .get(volumeId);
  return found !== undefined;
}

/** Whether parts of the volume can be read; undefined where it is not known. */
export function blocksKnown(connection: Connection, volumeId: number): boolean | undefined {
  const length = connection
    .prepare<[number], number>('SELECT length(blocks) FROM volume_tables WHERE volume_id = ?')
    .pluck()
    .get(volumeId);
  return length === undefined ? undefined : length > 0;
}

/** The table of a volume; undefined where it can only be read from its start. */
export function tableOf(
  connection: Connection,
  volumeId: number,
  container: VolumeRef['container'],
): BlockTable | undefined {
  const row = connection
    .prepare<[number], { plaintext_length: number; layout: string; blocks: Buffer }>(
      'SELECT plaintext_length, layout, blocks FROM volume_tables WHERE volume_id = ?',
    )
    .get(volumeId);
  if (row === undefined || row.blocks.length === 0) return undefined;
  if (faultOfBlocks(row.blocks, row.plaintext_length) !== undefined) {
    throw new DuplifsError('DAMAGED', 'The catalog has a damaged table of blocks');
  }
  const table = blockTable({
    container,
    plaintextLength: row.plaintext_length,
    layout: JSON.parse(row.layout) as number[],
    blocks: row.blocks,
  });
  return table.blocks.length === 0 ? undefined : table;
}

/** Where blocks of a volume begin, asked for when they are read: each has a window of some 13 KB. */
export function pointsOf(connection: Connection, volumeId: number): PointsOf {
  return (first, count) =>
    connection
      .prepare<[number, number, number], PointRow>(
        `SELECT bit, inflated_offset, window FROM seek_points
           WHERE volume_id = ? AND block >= ? AND block < ? ORDER BY block`,
      )
      .all(volumeId, first, first + count)
      .map((row) => ({ bit: row.bit, inflatedOffset: row.inflated_offset, window: row.window }));
}

interface PointRow {
  readonly bit: number;
  readonly inflated_offset: number;
  readonly window: Buffer;
}
