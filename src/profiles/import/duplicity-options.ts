/** Words of a duplicity command line as keys of a profile. */
import { selectionKeys } from '../file/option-key.js';
import type { OptionKey, OptionKeys } from '../file/option-key.js';
import type { Draft } from './draft.js';

/** What `--old-name` is called here, where it is another word for the same. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['include-globbing-filelist', 'include-filelist'],
  ['exclude-globbing-filelist', 'exclude-filelist'],
  ['v', 'verbosity'],
  ['t', 'time'],
  ['r', 'path-to-restore'],
  ['L', 'copy-links'],
]);

/** Options that say something about one call, and not about a backup. */
const ofOneCall = new Set(['force', 'dry-run', 'n', 'time', 'path-to-restore', 'file-to-restore']);

/** Takes the options over; what is no option is returned in its order. */
export function takeOptions(words: readonly string[], keys: OptionKeys, draft: Draft): string[] {
  const positional: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const match = /^(?:--([a-z0-9-]+)|-([a-zA-Z]))(?:=(.*))?$/s.exec(word);
    const attached = /^-([vtr])(\d.*|[a-z].*)$/s.exec(word);
    if (match === null && attached === null) {
      positional.push(word);
      continue;
    }
    const given = match?.[1] ?? match?.[2] ?? attached?.[1] ?? '';
    const inline = match?.[3] ?? attached?.[2];
    const found = find(otherNames.get(given) ?? given, keys);
    if (found === undefined) {
      const next = words[at + 1];
      const isValue = inline === undefined && next !== undefined && looksLikeValue(next);
      if (isValue) at += 1;
      draft.leaveOut(isValue ? `${word} ${next}` : word, 'duplifs has no such option');
      continue;
    }
    const { key, isOff } = found;
    const takesValue = key.kind === 'value';
    const value = takesValue ? (inline ?? words[(at += 1)] ?? '') : !isOff;
    take(key, value, draft);
  }
  return positional;
}

function take(key: OptionKey, value: string | boolean, draft: Draft): void {
  const shown = typeof value === 'string' ? `--${key.key} ${value}` : `--${key.key}`;
  if (ofOneCall.has(key.key)) {
    draft.leaveOut(shown, 'it is about one call; give it on the command line');
    return;
  }
  const wrong = typeof value === 'string' ? key.check?.(value) : undefined;
  if (wrong !== undefined) draft.leaveOut(shown, wrong);
  else if (selectionKeys.has(key.key)) {
    draft.selection.push({ kind: key.key, value: typeof value === 'string' ? value : true });
  } else draft.option(key.key, value);
}

function find(
  name: string,
  keys: OptionKeys,
): { readonly key: OptionKey; readonly isOff: boolean } | undefined {
  const all = [...keys.common, ...[...keys.commands.values()].flat()];
  const same = all.find(({ key, kind }) => key === name && kind !== 'negated');
  if (same !== undefined) return { key: same, isOff: false };
  const bare = name.replace(/^no-/, '');
  const negated = all.find(
    ({ key, kind }) => key === bare && bare !== name && (kind === 'negated' || kind === 'pair'),
  );
  return negated && { key: negated, isOff: true };
}

/** Of an option that nobody knows: its value, if what follows is neither an option nor a place. */
function looksLikeValue(word: string): boolean {
  return !/^(?:-|\/|~|\.|\$|[\w+-]+:\/\/)/.test(word);
}
