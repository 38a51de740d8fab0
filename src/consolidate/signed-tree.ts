/** What the signatures of a chain say of its tree, asked for in step with a walk through that tree. */
import { BatchCursor, comparePaths } from '../base/index.js';
import type { PreviousEntry } from '../signatures/index.js';
import { Disagreement } from '../snapshot/index.js';

export class SignedTree {
  readonly #cursor: BatchCursor<PreviousEntry>;

  constructor(entries: AsyncIterable<readonly PreviousEntry[]>) {
    this.#cursor = new BatchCursor(entries);
  }

  /** Undefined when the next entry is at hand; else it has to be waited for. */
  ready(): Promise<unknown> | undefined {
    return this.#cursor.isDry ? this.#cursor.refill() : undefined;
  }

  /**
   * The entry at a path, which is passed then. To be called in the order of paths, and after `ready`.
   * @throws Disagreement where the signatures tell of a path before it, or do not tell of it
   */
  take(path: string): PreviousEntry {
    const { item } = this.#cursor;
    const order = item === undefined ? 1 : comparePaths(item.path, path);
    if (item === undefined || order > 0) throw notSigned(path);
    if (order < 0) throw notHeld(item.path);
    this.#cursor.step();
    return item;
  }

  /** Whether the next entry is that of the path. */
  isAt(path: string): boolean {
    return this.#cursor.item?.path === path;
  }

  /** @throws Disagreement where the signatures tell of more than the walk has passed */
  async end(): Promise<void> {
    const waiting = this.ready();
    if (waiting !== undefined) await waiting;
    const { item } = this.#cursor;
    if (item !== undefined) throw notHeld(item.path);
  }

  async close(): Promise<void> {
    await this.#cursor.close();
  }
}

const hint =
  'No full is made of what cannot be verified; make one from the source with "duplifs full"';

function notSigned(path: string): Disagreement {
  const message = `"${path}" is in the volumes of the chain, and not in its signatures`;
  return new Disagreement(message, hint);
}

function notHeld(path: string): Disagreement {
  const message = `"${path}" is in the signatures of the chain, and not in its volumes`;
  return new Disagreement(message, hint);
}
