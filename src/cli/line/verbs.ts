/** The verbs of duplicity's command lines (docs/format/2-behaviour.md 6.1). */
export interface Verb {
  readonly name: string;
  /** Of 3.x, and those of 0.8 that are no prefix. */
  readonly aliases: readonly string[];
  /** How many arguments follow it. */
  readonly argumentCount: number;
}

export const duplicityVerbs: readonly Verb[] = [
  { name: 'backup', aliases: ['bu'], argumentCount: 2 },
  { name: 'full', aliases: ['fb'], argumentCount: 2 },
  { name: 'incremental', aliases: ['ib', 'inc', 'incr'], argumentCount: 2 },
  { name: 'restore', aliases: ['rb'], argumentCount: 2 },
  { name: 'verify', aliases: ['vb'], argumentCount: 2 },
  { name: 'list-current-files', aliases: ['ls'], argumentCount: 1 },
  { name: 'collection-status', aliases: ['st'], argumentCount: 1 },
  { name: 'cleanup', aliases: ['cl'], argumentCount: 1 },
  { name: 'remove-older-than', aliases: ['ro'], argumentCount: 2 },
  { name: 'remove-all-but-n-full', aliases: ['ra'], argumentCount: 2 },
  { name: 'remove-all-inc-of-but-n-full', aliases: ['ri'], argumentCount: 2 },
  { name: 'replicate', aliases: [], argumentCount: 2 },
];

export type FoundVerb =
  | { readonly kind: 'verb'; readonly name: string }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

/**
 * The verb that a word names: by its name or alias, or in 0.8's way by the beginning of a name that no other has. `own`
 * are the names of our own commands, of which none is to be meant.
 */
export function findVerb(
  word: string,
  { argumentCount, own }: { readonly argumentCount: number; readonly own: readonly string[] },
): FoundVerb | undefined {
  const exact = duplicityVerbs.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (exact !== undefined) return { kind: 'verb', name: exact.name };
  if (!/^[a-z][a-z-]*$/.test(word)) return undefined;
  const begun = duplicityVerbs.filter(({ name }) => name !== 'backup' && name.startsWith(word));
  const others = own.filter((name) => name.startsWith(word));
  const names = [...new Set([...begun.map(({ name }) => name), ...others])];
  if (begun.length === 0) return undefined;
  const [first] = begun;
  if (names.length === 1 && first?.argumentCount === argumentCount) {
    return { kind: 'verb', name: first.name };
  }
  // "duplicity f file:///x": a folder whose name begins a verb that would need other arguments
  if (names.length === 1) return undefined;
  return { kind: 'ambiguous', names };
}
