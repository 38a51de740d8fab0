/** What stands on a command line, before commander reads it: which words are options, and which are arguments. */
import type { Command } from 'commander';
import { keyOf, takesValue } from './option-keys.js';

export interface ReadArguments {
  /** Options with their values, as they stand. */
  readonly options: readonly string[];
  readonly positionals: readonly string[];
  /** The keys of the options that are given: "exclude", "index" for --no-index. */
  readonly given: ReadonlySet<string>;
}

export function readArguments(command: Command, words: readonly string[]): ReadArguments {
  const options: string[] = [];
  const positionals: string[] = [];
  const given = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      for (const rest of words.slice(at + 1)) positionals.push(rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
      continue;
    }
    const [flag = ''] = word.startsWith('--') ? word.split('=') : [word.slice(0, 2)];
    const option = command.options.find(({ long, short }) => long === flag || short === flag);
    options.push(word);
    if (option === undefined) continue;
    const key = keyOf(option);
    if (key !== undefined) given.add(key);
    const next = words[at + 1];
    if (!takesValue(option) || word.length > flag.length || next === undefined) continue;
    if (option.required || !next.startsWith('-')) {
      options.push(next);
      at += 1;
    }
  }
  return { options, positionals, given };
}
