import type { KnownSets } from './known-sets.js';
import { fullIdOf } from './schema.js';
import type { SetVolumes } from './set-volumes.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';

/** A set of which volumes are not recorded yet; `volumes` is undefined while its manifest was not read. */
export interface UnrecordedSet {
  readonly id: number;
  readonly volumes: SetVolumes | undefined;
}

export interface UnrecordedSetsParts {
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
}

/** Which sets of a chain are not recorded: one list a chain, for the trees of all of its sets. */
export class UnrecordedSets {
  readonly #parts: UnrecordedSetsParts;
  readonly #ofChains = new Map<number, readonly UnrecordedSet[]>();
  #seenChanges = -1;

  constructor(parts: UnrecordedSetsParts) {
    this.#parts = parts;
  }

  /** Of the whole chain that the set belongs to, by time: later ones are among them. */
  ofChain(setId: number): readonly UnrecordedSet[] {
    const { changes } = this.#parts.cataloguer;
    if (this.#seenChanges !== changes) this.#ofChains.clear();
    this.#seenChanges = changes;
    const chain = fullIdOf(setId);
    let found = this.#ofChains.get(chain);
    if (found === undefined) {
      found = this.#lookAt(chain);
      this.#ofChains.set(chain, found);
    }
    return found;
  }

  /** To be called when manifests were read, which `changes` of the cataloguer does not tell. */
  forget(): void {
    this.#ofChains.clear();
  }

  #lookAt(chain: number): UnrecordedSet[] {
    const { known, directory } = this.#parts;
    const unrecorded: UnrecordedSet[] = [];
    for (const id of known.chainOf(chain)) {
      const volumes = directory.known(id);
      if (volumes?.isRecorded !== true) unrecorded.push({ id, volumes });
    }
    return unrecorded;
  }
}
