/** Whether each set was made on the one that is stored before it, as its index says (docs/index-format.md, "Binding"). */
import { volumesDigest } from '../archive/index.js';
import type { Collection } from '../archive/index.js';
import type { CheckedSet } from './check-set.js';
import type { Finding } from './finding.js';

export class SetLinks {
  /** By a set's key: that of the set before it in its chain. */
  readonly #before = new Map<string, string>();
  readonly #digests = new Map<string, Buffer>();

  constructor({ chains }: Collection) {
    for (const { sets } of chains) {
      for (const [at, { key }] of sets.entries()) {
        const before = sets[at - 1];
        if (before !== undefined) this.#before.set(key, before.key);
      }
    }
  }

  /** Sets come oldest first. What cannot be told, for the set before is not known, is not told. */
  check({ set, manifest, index }: CheckedSet): Finding[] {
    const { key: setKey } = set;
    if (manifest !== undefined) this.#digests.set(setKey, volumesDigest(manifest.volumes));
    const binding = index?.binding;
    if (binding === undefined) return [];
    const { base } = binding;
    const before = this.#before.get(setKey);
    const name = set.index[0]?.name ?? '';
    if (set.times.kind === 'full') {
      return base === undefined ? [] : [{ kind: 'base-foreign', setKey, name, base: base.setKey }];
    }
    if (before === undefined) return []; // what it builds on is missing, which is told
    const digest = this.#digests.get(before);
    const isSame = base?.setKey === before && digest?.equals(base.volumesDigest) !== false;
    return isSame ? [] : [{ kind: 'base-foreign', setKey, name, base: base?.setKey ?? '' }];
  }
}
