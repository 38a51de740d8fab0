/**
 * Makes indexes from what the catalog knows, and puts each beside its set. One is made with nothing locked but the archive
 * dir; then the target is locked, and the index put if the set that is stored is the one that was decoded. Who is ended
 * at any time has put whole indexes only, and goes on with the sets that have none.
 */
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import { bindingOf } from './binding.js';
import { isOfOneSet } from './failures.js';
import { saysAll } from './plan.js';
import type { UploadOptions } from './options.js';
import type { PlannedIndex } from './plan.js';
import { putIndex } from './put-index.js';

export interface UploadResult {
  readonly written: readonly {
    readonly set: string;
    readonly name: string;
    readonly bytes: number;
  }[];
  /** Keys of the sets that got none. */
  readonly failed: readonly string[];
}

/**
 * Puts the indexes that are planned; the sets' volumes are to be catalogued before. What fails for one set is told, and
 * the others go on.
 *
 * @throws DuplifsError LOCKED, TARGET, NO_SPACE, STORAGE
 */
export async function uploadIndexes(options: UploadOptions): Promise<UploadResult> {
  const { plan, signal, report } = options;
  const written: { set: string; name: string; bytes: number }[] = [];
  const failed: string[] = [];
  const fail = (setKey: string, reason: string): void => {
    failed.push(setKey);
    report({ level: 'error', code: 'index-not-written', setKey, reason });
  };
  for (const { setKey, reason } of plan.failed) fail(setKey, reason);
  for (const planned of plan.planned) {
    signal.throwIfAborted();
    const { key: setKey } = planned.set;
    try {
      const put = await uploadOne(options, planned);
      if (put === undefined) continue;
      written.push({ set: setKey, ...put });
      report({ level: 'notice', code: 'index-written', setKey, ...put });
    } catch (error) {
      signal.throwIfAborted();
      if (!isDuplifsError(error) || !isOfOneSet(error)) throw error;
      const hint = error.hint === undefined ? '' : ` (${error.hint})`;
      fail(setKey, `${errorText(error)}${hint}`);
    }
  }
  return { written, failed };
}

/** Undefined where it turned out that there is nothing to be added to the index that is there. */
async function uploadOne(
  options: UploadOptions,
  { set, stored, tables }: PlannedIndex,
): Promise<{ name: string; bytes: number } | undefined> {
  const { repository, target, plan, signal } = options;
  const { listing } = plan;
  const { indexing } = repository;
  const records = await indexing.recordsOf(set, signal);
  const [file] = stored.index;
  if (file !== undefined && tables !== undefined && (await saysAll(tables, set, indexing))) {
    indexing.note(set, { name: file.name, size: listing.sizeOf(file.name) ?? 0 });
    return undefined;
  }
  const volumes = await indexing.volumesOf(set);
  for (const { hash, name, number } of volumes) {
    if (hash?.algorithm !== 'SHA1') {
      throw new DuplifsError('DAMAGED', `The manifest has no SHA-1 of volume ${number}`);
    }
    if (name !== undefined && listing.sizeOf(name) !== undefined) continue;
    throw new DuplifsError('FILE_MISSING', `Volume ${number} is missing`);
  }
  const encoding = await options.encodingFor(stored);
  const binding = await bindingOf({
    target,
    listing,
    set: stored,
    before: tables?.binding,
    signal,
  });
  const put = await putIndex({ ...options, stored, volumes, records, encoding, binding, listing });
  indexing.note(set, { name: put.name, size: put.bytes });
  return put;
}
