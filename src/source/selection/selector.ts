import { joinSource } from './canonical-source.js';
import type { EntryFacts, Rule } from './rule.js';

/**
 * `include`: stored. `scan`: a folder is looked into, and stored only if something in it is; anything
 * else is not stored. `exclude`: neither stored nor looked into.
 */
export type Verdict = 'include' | 'exclude' | 'scan';

/** Decides which entries of the source a backup holds (docs/format/2-behaviour.md 3.1). */
export class Selector {
  /** Names that the walk has to look for in every folder. */
  readonly markerNames: readonly string[];
  readonly #source: string;
  readonly #rules: readonly Rule[];

  /** @param source canonical */
  constructor(source: string, rules: readonly Rule[], markerNames: readonly string[]) {
    this.#source = source;
    this.#rules = rules;
    this.markerNames = markerNames;
  }

  /** The first opinion wins, but `scan` waits for an include after it. The root is not asked for. */
  verdict(facts: EntryFacts): Verdict {
    if (this.#rules.length === 0) return 'include';
    const subject = { ...facts, fullPath: joinSource(this.#source, facts.path) };
    let scan = false;
    for (const rule of this.#rules) {
      const opinion = rule.ask(subject);
      if (opinion === 'scan') scan = true;
      else if (opinion === 'include') return 'include';
      else if (opinion === 'exclude') return scan ? 'scan' : 'exclude';
    }
    return scan ? 'scan' : 'include';
  }
}
