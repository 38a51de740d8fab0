import type { EntryOwner } from '../backup/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';
import type { WalkEntry } from '../source/index.js';

/** An entry of a chain's tree, shaped as one of a source. */
export interface TreeEntry extends WalkEntry {
  /** As the chain has it, whatever names this machine knows. */
  readonly owner: EntryOwner;
  readonly entry: SnapshotEntry;
  /** What the chain's signatures say of a file. */
  readonly signature: Buffer;
}
