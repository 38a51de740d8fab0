/** What is told of files that do not count, and of chains in the clear: each once, however often a target is listed. */
import { setKey } from '../../archive/index.js';
import type { Report } from '../../base/index.js';
import type { TargetEvent } from '../events.js';
import type { RefusedFile, SeparatedFiles } from './separate-files.js';

export class SeparationReport {
  readonly #report: Report<TargetEvent>;
  readonly #told = new Set<string>();

  constructor(report: Report<TargetEvent>) {
    this.#report = report;
  }

  /** `expectsEncryption`: whether passphrases or keys were given. */
  tell(separated: SeparatedFiles, expectsEncryption: boolean): void {
    const { counted, refused, plainChains, encryptedChains } = separated;
    const wholeKeys = keysWithManifest(counted);
    for (const [setKeyOf, files] of bySet(refused)) {
      const [first] = files;
      if (first === undefined || !this.#isNew(`refused ${setKeyOf} ${files.length}`)) continue;
      this.#report({
        level: 'warning',
        code: wholeKeys.has(setKeyOf) ? 'files-refused' : 'set-refused',
        setKey: setKeyOf,
        names: files.map(({ file }) => file.name).toSorted(),
        reason: first.reason,
      });
    }
    const refusedChains = new Set(refused.map(({ chainKey }) => chainKey));
    for (const chainKey of plainChains) {
      if (refusedChains.has(chainKey)) continue;
      if (!expectsEncryption && encryptedChains.size === 0) continue;
      if (!this.#isNew(`plain ${chainKey}`)) continue;
      this.#report({ level: 'warning', code: 'chain-in-the-clear', chainKey });
    }
  }

  #isNew(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }
}

function keysWithManifest(files: SeparatedFiles['counted']): Set<string> {
  const whole = files.filter(({ kind, partial }) => kind === 'manifest' && !partial);
  return new Set(whole.map(({ times }) => setKey(times)));
}

function bySet(refused: readonly RefusedFile[]): Map<string, RefusedFile[]> {
  const sets = new Map<string, RefusedFile[]>();
  for (const one of refused) {
    const key = setKey(one.file.times);
    const files = sets.get(key);
    if (files === undefined) sets.set(key, [one]);
    else files.push(one);
  }
  return sets;
}
