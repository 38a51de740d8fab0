/** Notes how parts of a volume can be read the next time, of one whose content is in the catalog already. */
import type { SeekTable, VolumeObserver } from '../volume/index.js';
import { notePolicy } from './proof-policy.js';
import type { Connection } from './schema.js';
import { putNoTable, putSeekTable } from './seek-tables.js';
import type { SetVolume } from './set-volumes.js';
import type { VolumeDirectory } from './volume-directory.js';

export class SeekTableRecorder implements VolumeObserver {
  readonly wantsSeekTable = true;
  readonly #connection: Connection;
  readonly #volume: SetVolume;
  readonly #directory: Pick<VolumeDirectory, 'forgetRef' | 'policy'>;

  constructor(
    connection: Connection,
    volume: SetVolume,
    directory: Pick<VolumeDirectory, 'forgetRef' | 'policy'>,
  ) {
    this.#connection = connection;
    this.#volume = volume;
    this.#directory = directory;
  }

  chunk(): void {
    // what it holds is known
  }

  commit(plaintextLength: number, seekTable: SeekTable | undefined): Promise<void> {
    const { setId } = this.#volume;
    notePolicy(this.#connection, setId, this.#directory.policy(setId));
    if (seekTable === undefined) putNoTable(this.#connection, this.#volume, plaintextLength);
    else putSeekTable(this.#connection, this.#volume, seekTable);
    this.#directory.forgetRef(this.#volume.id);
    return Promise.resolve();
  }
}
