/**
 * Does what was planned. The caller holds the target's locks, and has just listed and checked it. An action that fails
 * is told, and the others go on; nothing that is good is written over, and of a set the index comes before the manifest.
 */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFileName } from '../archive/index.js';
import type { BackupSet, SetTimes, StoredFile, VolumeHash } from '../archive/index.js';
import { DuplifsError, errorText } from '../base/index.js';
import type { ErrorCode } from '../base/index.js';
import { forgetVolume } from '../check/index.js';
import { fetchLocalCopy, healMirror, proveReaders, readManifest } from '../target/index.js';
import type { MirrorGap } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { RepairAction } from './action.js';
import { rebuildIndex } from './rebuild-index.js';
import { mendManifest } from './mend-manifest.js';
import { recoverFile } from './recover-file.js';
import type { RepairOptions, Writing } from './repair-options.js';

/** Errors that no other action would be spared. */
const endsAll: ReadonlySet<ErrorCode> = new Set(['LOCKED', 'NO_SPACE', 'TARGET']);

/** How many of the actions could not be done. */
export async function repair(
  options: RepairOptions,
  actions: readonly RepairAction[],
): Promise<number> {
  const repairing = new Repairing(options);
  const { report, signal } = options;
  let failures = 0;
  for (const action of actions) {
    signal.throwIfAborted();
    try {
      await repairing.run(action);
      report({ level: 'notice', code: 'repair-done', action });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DuplifsError) || endsAll.has(error.code)) throw error;
      failures += 1;
      const hint = error.hint === undefined ? '' : ` (${error.hint})`;
      const reason = `${errorText(error)}${hint}`;
      report({ level: 'warning', code: 'repair-failed', action, reason });
    }
  }
  return failures;
}

class Repairing {
  readonly #options: RepairOptions;
  #gaps: Promise<readonly MirrorGap[]> | undefined;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  async run(action: RepairAction): Promise<void> {
    const { target, signal } = this.#options;
    switch (action.kind) {
      case 'recover':
        await this.#recover(action);
        return;
      case 'rebuild-index': {
        const set = this.#set(action.setKey);
        const writing = await this.#writing(set, 'index', action.name);
        await rebuildIndex(this.#options, set, { name: action.name, ...writing });
        return;
      }
      case 'restore-manifest':
      case 'rebuild-manifest': {
        const set = this.#set(action.setKey);
        const writing = await this.#writing(set, 'manifest', action.name);
        const local = action.kind === 'restore-manifest' ? action.local : undefined;
        await mendManifest(this.#options, set, { name: action.name, local, ...writing });
        return;
      }
      case 'heal-mirror':
        await this.#heal(action);
        return;
      case 'refetch-copy':
        await this.#refetch(action);
        return;
      case 'drop-signatures':
        for (const name of action.local) {
          await rm(join(target.archiveFolder, name), { force: true });
        }
        await target.storage.remove(action.stored, signal);
    }
  }

  async #recover({ name }: Extract<RepairAction, { kind: 'recover' }>): Promise<void> {
    const { target, listing, tempFolder, signal } = this.#options;
    const file = this.#file(name);
    const hash = file.kind === 'volume' ? await this.#hashOf(file) : undefined;
    const storedNames = listing.stored.map((object) => object.name);
    const beforePut = this.#beforePut(name);
    await recoverFile({ target, file, hash, storedNames, tempFolder, beforePut, signal });
    forgetVolume(target.archiveFolder, name);
  }

  async #hashOf(file: StoredFile): Promise<VolumeHash | undefined> {
    const { target, listing, signal } = this.#options;
    const set = listing.collection.sets.find(({ volumes }) =>
      volumes.get(file.volumeNumber)?.some(({ name }) => name === file.name),
    );
    if (set === undefined) return undefined;
    const { volumes } = await readManifest(target, set, new Set(), { signal });
    return volumes.find(({ number }) => number === file.volumeNumber)?.hash;
  }

  /** For all storages of the mirror at once, the first time. */
  async #heal({ member, setKey }: Extract<RepairAction, { kind: 'heal-mirror' }>): Promise<void> {
    const { target, listing, signal } = this.#options;
    this.#gaps ??= target.list({ signal }).then(() => healMirror(target, listing, signal));
    for (const gap of await this.#gaps) {
      if (gap.kind !== 'lacks' || gap.member !== member || gap.setKey !== setKey) continue;
      throw new DuplifsError('STORAGE', gap.reason ?? `"${member}" still lacks files of it`);
    }
  }

  /** The copy that was there is kept: it may be all that is left of what was stored once. */
  async #refetch({ name, stored }: Extract<RepairAction, { kind: 'refetch-copy' }>): Promise<void> {
    const { target, signal } = this.#options;
    const { archiveFolder } = target;
    await copyFile(join(archiveFolder, name), join(archiveFolder, `duplifs-replaced.${name}`));
    await fetchLocalCopy(target, this.#file(stored), { name, signal });
  }

  #set(key: string): BackupSet {
    const set = this.#options.listing.collection.sets.find((one) => one.key === key);
    if (set !== undefined) return set;
    throw new DuplifsError('FILE_MISSING', `Set ${key} is no longer stored`);
  }

  #file(name: string): StoredFile {
    const file = parseFileName(name, { prefixes: this.#options.target.prefixes });
    if (file !== undefined) return file;
    throw new DuplifsError('FILE_MISSING', `"${name}" is no longer stored`);
  }

  /** As the set's volumes are wrapped, to whom they are encrypted, and signed where the set must be. */
  async #writing(set: BackupSet, kind: 'index' | 'manifest', name: string): Promise<Writing> {
    const [volume] = set.volumes.get(1) ?? [];
    if (volume === undefined)
      throw new DuplifsError('FILE_MISSING', `Set ${set.key} has no volume`);
    const beforePut = this.#beforePut(name);
    if (volume.container !== 'gpg') {
      const isPacked = kind === 'index' && volume.container === 'gz';
      return {
        encoding: isPacked ? { container: 'gz', level: 1 } : { container: 'plain' },
        beforePut,
      };
    }
    return { encoding: await this.#encryption(set.times, volume), beforePut };
  }

  async #encryption(times: SetTimes, volume: StoredFile): Promise<Encoding> {
    const { target, signal: stop } = this.#options;
    const { encoding } = await proveReaders(
      volume,
      {
        storage: target.storage,
        encoding: await this.#options.encoding(),
        allowOtherKeys: false,
        allowUnprotected: false,
        report: target.report,
        stop,
      },
      'Give the passphrase or --encrypt-key that the set was made with',
    );
    const signKey = target.signKeyFor(times);
    if (signKey !== undefined && (encoding.container !== 'gpg' || encoding.signer === undefined)) {
      throw new DuplifsError('SIGNATURE', `The set is signed by "${signKey}"`, {
        hint: `Give --sign-key ${signKey}, whose secret key is needed`,
      });
    }
    return encoding;
  }

  /** Nothing is written over that was not there, as it is, when the target was looked at. */
  #beforePut(name: string): () => Promise<void> {
    const { target, listing, checkLock, signal } = this.#options;
    return async () => {
      await checkLock();
      const now = (await target.storage.stat(name, signal))?.size;
      if (now === listing.sizeOf(name)) return;
      throw new DuplifsError('LOCKED', `"${name}" was changed by another program meanwhile`, {
        hint: 'Run the same command again',
      });
    };
  }
}
