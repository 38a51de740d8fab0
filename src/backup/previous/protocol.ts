/** What the thread that reads sigtars and the one that compares tell each other. */
import type { SentError } from '../../base/index.js';
import type { LocalSignatures } from './local-entries.js';
import type { PackedEntries } from './pack-entries.js';

/** What the thread is to read: all of a chain, oldest first. Afterwards each message to it asks for one more batch. */
export interface TreeRequest {
  readonly archiveFolder: string;
  readonly signatures: readonly LocalSignatures[];
}

export type TreeAnswer =
  | { readonly kind: 'entries'; readonly packed: PackedEntries }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: SentError };

/** How many batches are sent before they are asked for. */
export const batchesAhead = 4;
