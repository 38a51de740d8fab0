/** Which failures of reading a file are findings, and which end the check. */
import { isIndexKind } from '../archive/index.js';
import type { FileKind, StoredFile } from '../archive/index.js';
import { errorText, isDuplifsError } from '../base/index.js';
import type { CheckedFile, Finding } from './finding.js';
import { LockedSets } from './locked-sets.js';

/** A bad sector fails for one file, a storage that is gone for all. */
const mostInARow = 5;

export type FailedFile = Pick<StoredFile, 'name' | 'kind'> & { readonly setKey: string };

export class FileFailures {
  readonly locked = new LockedSets();
  #inARow = 0;

  /**
   * Runs `work` on a stored file. Undefined where that has failed: the finding went to `findings`, or the set is noted
   * as locked.
   * @throws the signal's reason; STORAGE when the storage fails again and again; errors of this machine
   */
  async attempt<T>(
    file: FailedFile,
    findings: Finding[],
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    if (this.locked.isGivenUp) {
      this.locked.pass(file.setKey);
      return undefined;
    }
    try {
      const result = await work();
      this.#inARow = 0;
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const finding = this.#findingOf(file, error);
      if (finding !== undefined) findings.push(finding);
      return undefined;
    }
  }

  #findingOf({ setKey, name, kind }: FailedFile, error: unknown): Finding | undefined {
    if (isDuplifsError(error, 'KEY')) {
      this.locked.note(setKey, error);
      return undefined;
    }
    if (!isDuplifsError(error)) throw error;
    if (error.code === 'STORAGE') this.#inARow += 1;
    if (!isOfFile(error.code) || this.#inARow >= mostInARow) throw error;
    const code = error.code === 'STORAGE_NOT_FOUND' ? 'FILE_MISSING' : error.code;
    const file = checkedFileOf(kind);
    return { kind: 'file-unusable', setKey, name, file, error: code, reason: errorText(error) };
  }
}

function checkedFileOf(kind: FileKind): CheckedFile {
  if (kind === 'statistics') return 'manifest';
  return isIndexKind(kind) ? 'index' : kind;
}

function isOfFile(code: string): boolean {
  return ['DAMAGED', 'SIGNATURE', 'STORAGE', 'STORAGE_DENIED', 'STORAGE_NOT_FOUND'].includes(code);
}
