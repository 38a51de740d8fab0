/** What a check has told of the sets that are well, as far as the mending of others needs it. */
import { volumesDigest } from '../archive/index.js';
import type { IndexBinding, Manifest } from '../archive/index.js';
import type { CheckedSet } from '../check/index.js';

export interface SetFact {
  /** Of the manifest. */
  readonly hostname: string | undefined;
  readonly localDir: string | undefined;
  readonly volumesDigest: Buffer | undefined;
  readonly binding: IndexBinding | undefined;
  /** Of the stored sigtar. */
  readonly signaturesDigest: Buffer | undefined;
  /** Whether the archive dir's copies, where it has any, are what is stored. */
  readonly areCopiesGood: boolean;
}

export class SetFacts {
  readonly #facts = new Map<string, SetFact>();

  add({ set, manifest, index, signaturesDigest, findings }: CheckedSet): void {
    this.#facts.set(set.key, {
      hostname: manifest?.hostname,
      localDir: manifest?.localDir,
      volumesDigest: manifest && volumesDigest(manifest.volumes),
      binding: index?.binding,
      signaturesDigest,
      areCopiesGood: !findings.some(({ kind }) => kind === 'local-copy'),
    });
  }

  of(key: string): SetFact | undefined {
    return this.#facts.get(key);
  }

  /** Host and folder as the nearest of these sets has them. */
  sourceOf(keys: readonly string[]): Pick<Manifest, 'hostname' | 'localDir'> {
    for (const key of keys) {
      const fact = this.#facts.get(key);
      if (fact?.localDir === undefined) continue;
      return { hostname: fact.hostname, localDir: fact.localDir };
    }
    return {};
  }

  /** What indexes of sets that were made on this one say of its volumes. */
  digestsOfBase(key: string): Buffer[] {
    return [...this.#facts.values()].flatMap(({ binding }) =>
      binding?.base?.setKey === key ? [binding.base.volumesDigest] : [],
    );
  }
}
