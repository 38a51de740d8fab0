/** A command line taken apart: what is an option with its values, and what an argument. */
import { DuplifsError } from '../../base/index.js';
import type { KnownOption, KnownOptions } from './known-options.js';

export type Token =
  | { readonly kind: 'argument'; readonly text: string }
  | { readonly kind: 'option'; readonly option: KnownOption; readonly values: readonly string[] }
  /** Something that commander is to refuse, in its own words. */
  | { readonly kind: 'other'; readonly text: string };

/** @throws DuplifsError USAGE for the beginning of several options */
export function tokensOf(
  argv: readonly string[],
  known: KnownOptions,
  isStrict: boolean,
): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const text = argv[at] ?? '';
    if (text === '--') {
      for (const rest of argv.slice(at + 1)) tokens.push({ kind: 'argument', text: rest });
      break;
    }
    if (!text.startsWith('-') || text === '-') {
      tokens.push({ kind: 'argument', text });
      continue;
    }
    const inline = inlineValue(text);
    const found = known.find(inline.name, isStrict);
    if (isSeveral(found)) {
      throw new DuplifsError('USAGE', `"${inline.name}" may be ${found.join(' or ')}`, {
        hint: 'Write it out',
      });
    }
    if (found === undefined) {
      tokens.push({ kind: 'other', text });
      continue;
    }
    if (inline.rest !== undefined && found.values === 'none') {
      tokens.push({ kind: 'option', option: found, values: [] });
      argv = [...argv.slice(0, at), text, `-${inline.rest}`, ...argv.slice(at + 1)];
      continue;
    }
    at = takeValues({ argv, at, tokens }, found, inline.value ?? inline.rest);
  }
  return tokens;
}

interface Inline {
  readonly name: string;
  /** After "=". */
  readonly value?: string;
  /** What stands right behind a short option: its value, or further ones. */
  readonly rest?: string;
}

function inlineValue(text: string): Inline {
  if (text.startsWith('--')) {
    const equals = text.indexOf('=');
    return equals < 0
      ? { name: text }
      : { name: text.slice(0, equals), value: text.slice(equals + 1) };
  }
  return text.length === 2 ? { name: text } : { name: text.slice(0, 2), rest: text.slice(2) };
}

function isSeveral(found: KnownOption | readonly string[] | undefined): found is readonly string[] {
  return Array.isArray(found);
}

/** Adds the option with its values; where in the line it ends. */
function takeValues(
  {
    argv,
    at,
    tokens,
  }: { readonly argv: readonly string[]; readonly at: number; readonly tokens: Token[] },
  option: KnownOption,
  inline: string | undefined,
): number {
  const wanted = { none: 0, one: 1, two: 2, optional: 0 }[option.values];
  const values = inline === undefined ? [] : [inline];
  let end = at;
  if (option.values === 'optional' && inline === undefined) {
    const next = argv[at + 1];
    if (next !== undefined && !next.startsWith('-')) values.push(argv[(end += 1)] ?? '');
  }
  while (values.length < wanted && end + 1 < argv.length) values.push(argv[(end += 1)] ?? '');
  const isWhole = option.values === 'optional' || values.length === wanted;
  const isFine = isWhole && !(option.values === 'none' && inline !== undefined);
  tokens.push(
    isFine ? { kind: 'option', option, values } : { kind: 'other', text: argv[at] ?? '' },
  );
  return end;
}
