/** What lies in a snapshot. */
import type { CatalogEntry } from '../catalog/index.js';

/** An entry of a snapshot, with the owner that it has on this machine. */
export interface SnapshotEntry extends CatalogEntry {
  readonly uid: number;
  readonly gid: number;
}

export interface WalkedEntry {
  /** Below the folder where the walk began; '' for that itself. */
  readonly path: string;
  readonly entry: SnapshotEntry;
}
