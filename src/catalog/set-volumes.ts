/** The volumes of one set, and which of them can hold a path (docs/format/1-bytes.md 3.3). */
import type { BackupSet } from '../archive/index.js';
import { comparePaths, decodeName, DuplifsError } from '../base/index.js';
import type { VolumeRef } from '../volume/index.js';
import type { Connection } from './schema.js';

export interface SetVolume {
  readonly id: number;
  readonly setId: number;
  readonly number: number;
  /** Undefined when the storage does not have it. Changes when the storage is listed anew. */
  name: string | undefined;
  container: 'gpg' | 'gz' | 'plain';
  readonly hash: VolumeRef['hash'];
  readonly startPath: string;
  readonly endPath: string;
  /** The next volume goes on with its last file. */
  readonly continues: boolean;
  catalogued: boolean;
}

interface VolumeRow {
  id: number;
  set_id: number;
  number: number;
  name: string | null;
  hash_algorithm: 'SHA1' | 'MD5' | null;
  hash: string | null;
  start_path: Buffer;
  end_path: Buffer;
  continues: number;
  catalogued: number;
}

export class SetVolumes {
  /** In the order of their numbers. */
  readonly all: readonly SetVolume[];

  constructor(connection: Connection, setId: number, stored: BackupSet) {
    this.all = connection
      .prepare<[number], VolumeRow>('SELECT * FROM volumes WHERE set_id = ? ORDER BY number')
      .all(setId)
      .map((row) => ({
        id: row.id,
        setId: row.set_id,
        number: row.number,
        name: row.name ?? undefined,
        container: 'plain',
        hash:
          row.hash === null
            ? undefined
            : { algorithm: row.hash_algorithm ?? 'SHA1', hex: row.hash },
        startPath: decodeName(row.start_path),
        endPath: decodeName(row.end_path),
        continues: row.continues !== 0,
        catalogued: row.catalogued !== 0,
      }));
    this.update(stored);
  }

  /** Finds each volume's file in a new listing: one may have vanished or come back since. */
  update(stored: BackupSet): void {
    for (const volume of this.all) {
      const files = stored.volumes.get(volume.number) ?? [];
      const file = files.find(({ name }) => name === volume.name) ?? files[0];
      volume.name = file?.name;
      volume.container = file?.container ?? 'plain';
    }
  }

  /** Whether the catalog has what each of the volumes holds. */
  get isRecorded(): boolean {
    return this.all.every(({ catalogued }) => catalogued);
  }

  /** Whether several volumes hold parts of the path, this one among them. */
  isShared(path: string, { startPath, endPath, continues }: SetVolume): boolean {
    if (path === endPath && continues) return true;
    return (path === startPath || path === endPath) && this.covering(path).length > 1;
  }

  /**
   * The volumes whose range the manifest says to hold exactly this path. The ranges ascend; in a
   * manifest where they do not, volumes may be missed.
   */
  covering(path: string): SetVolume[] {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePaths(this.all[middle]?.startPath ?? '', path) <= 0) low = middle + 1;
      else high = middle;
    }
    const found: SetVolume[] = [];
    for (let at = low - 1; at >= 0; at -= 1) {
      const volume = this.all[at];
      if (volume === undefined || comparePaths(volume.endPath, path) < 0) break;
      found.unshift(volume);
    }
    return found;
  }
}

/** What the volume store needs to read the volume; fails when the storage does not have it. */
export function volumeRef(volume: SetVolume, setKey: string): VolumeRef {
  if (volume.name === undefined) {
    throw new DuplifsError(
      'FILE_MISSING',
      `Volume ${volume.number} of set ${setKey} is not on the storage`,
      { hint: 'Files that lie in it cannot be read; a copy of the backup may have it' },
    );
  }
  if (volume.hash === undefined) {
    throw new DuplifsError(
      'DAMAGED',
      `The manifest of set ${setKey} has no hash for "${volume.name}"`,
      {
        hint: 'What lies in the volume cannot be verified, so it is not shown',
      },
    );
  }
  return { id: volume.id, name: volume.name, container: volume.container, hash: volume.hash };
}
