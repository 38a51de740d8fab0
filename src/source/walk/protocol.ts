/** What the thread that walks tells, and what it is told. */
import type { SentError } from '../../threads/index.js';
import type { SelectionPlan } from '../selection/index.js';
import type { ItemBatch } from './item-batch.js';

/** What a walk is over: nothing but data. */
export interface WalkPlan {
  readonly selection: SelectionPlan;
  /** Take what links point to instead of the links. */
  readonly copyLinks: boolean;
  /** The source was given with a slash at its end: a link there stands for the folder that it leads to. */
  readonly followRoot?: boolean;
}

export interface WalkThreadData {
  readonly plan: WalkPlan;
  /** One number that both threads share: the batches that were sent and not yet used. */
  readonly ahead: Int32Array;
}

export type WalkMessage =
  | { readonly kind: 'items'; readonly batch: ItemBatch }
  | { readonly kind: 'skipped' | 'linkLoop'; readonly path: string }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: SentError };

/** What the thread may be ahead, of some 512 items each: then it sleeps. What it saw is to be read soon. */
export const maxBatchesAhead = 2;
