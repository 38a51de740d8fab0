import type { Progress } from '../../backup/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import { ProgressLine } from '../progress-line.js';

/** Says on a terminal how far a full is; nothing where there is no terminal. */
export class ConsolidateProgress {
  readonly #line: ProgressLine;
  readonly #snapshot: Snapshot;
  #totals: { readonly totalEntries: number; readonly totalBytes: number } | undefined;

  private constructor(line: ProgressLine, snapshot: Snapshot) {
    this.#line = line;
    this.#snapshot = snapshot;
  }

  static onTerminal(snapshot: Snapshot): ConsolidateProgress | undefined {
    const line = ProgressLine.onTerminal();
    return line && new ConsolidateProgress(line, snapshot);
  }

  /** The tree must be loaded. */
  show({ files: entries, bytes }: Progress): void {
    this.#totals ??= this.#count();
    this.#line.show({ entries, bytes, ...this.#totals });
  }

  end(): void {
    this.#line.end();
  }

  #count(): { totalEntries: number; totalBytes: number } {
    let totalEntries = 0;
    let totalBytes = 0;
    for (const { entry } of this.#snapshot.walk(this.#snapshot.root())) {
      totalEntries += 1;
      if (entry.type === 'reg') totalBytes += entry.sizeLimit;
    }
    return { totalEntries, totalBytes };
  }
}
