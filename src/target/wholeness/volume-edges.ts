/** What a volume itself tells of its record in the manifest: how it begins and ends, and its hash as it is now. */
import type { DifftarEntry, ManifestVolume } from '../../archive/index.js';

/** The first or the last entry of a volume. */
export interface VolumeEdge {
  readonly path: string;
  readonly piece: number | undefined;
  /** Whether another piece of the same file may follow: only the last of them is shorter. */
  readonly mayGoOn: boolean;
}

export interface VolumeEdges {
  readonly number: number;
  readonly first: VolumeEdge;
  readonly last: VolumeEdge;
  /** Of the file on the storage, hexadecimal. */
  readonly sha1: string;
}

/** docs/format/1-bytes.md 4.3. */
const pieceBytes = 65536;

export function volumeEdge(entry: DifftarEntry): VolumeEdge {
  const { path } = entry;
  if (entry.kind === 'deleted') return { path, piece: undefined, mayGoOn: false };
  const { piece, dataLength } = entry;
  return { path, piece, mayGoOn: piece !== undefined && dataLength >= pieceBytes };
}

/** A piece has its number in the manifest unless it is its file's last: only the next volume tells. */
export function volumeRecord(
  volume: VolumeEdges | undefined,
  next: VolumeEdges | undefined,
): ManifestVolume | undefined {
  if (volume === undefined) return undefined;
  const { number, first, last, sha1 } = volume;
  const isContinued = next?.first.path === last.path && next.first.piece === (last.piece ?? 0) + 1;
  const goesOn = last.piece !== undefined && (next === undefined ? last.mayGoOn : isContinued);
  return {
    number,
    startPath: first.path,
    startBlock: first.piece,
    endPath: last.path,
    endBlock: goesOn ? last.piece : undefined,
    hash: { algorithm: 'SHA1', hex: sha1 },
  };
}
