/**
 * Answers what a shell asks when Tab is pressed: `duplifs __complete SHELL WORD…`, with the words behind the name of the
 * program up to the cursor. A program of its own in scripts/bundle.js: it starts without what commands need.
 *
 * The first line of the answer says what the shell is to do: "files" or "folders" to complete names of this machine as well,
 * "paths" where candidates are paths, "-" else. Each further line is a candidate, with what it is behind a tab.
 */
import { readFileSync } from 'node:fs';
import { printable } from '../printable.js';
import { candidatesAt } from './candidates.js';
import type { Answer } from './candidates.js';
import { cursorAt } from './cursor.js';
import { knownThings } from './known-things.js';
import type { CompletionSpec } from './spec.js';
import { unquote } from './unquote.js';

/** Never fails: who presses Tab is in the middle of a line. */
export async function complete(): Promise<void> {
  const [shell = '', ...words] = process.argv.slice(3);
  try {
    const meant = words.map((word, index) =>
      isQuoted(shell, index, words) ? unquote(word) : word,
    );
    const path = new URL('completion.json', import.meta.url);
    const spec = JSON.parse(readFileSync(path, 'utf8')) as CompletionSpec;
    process.stdout.write(answerText(await candidatesAt(cursorAt(meant, spec), spec, knownThings)));
  } catch {
    process.stdout.write('files\n');
  }
}

/** What a shell hands over as it stands: bash all words, fish the one under the cursor, zsh none. */
function isQuoted(shell: string, index: number, words: readonly string[]): boolean {
  return shell === 'bash' || (shell === 'fish' && index === words.length - 1);
}

/** A name that would be lines of its own, or move the cursor, is left out. */
function answerText({ files, arePaths, candidates }: Answer): string {
  const what = files === 'none' ? (arePaths ? 'paths' : '-') : files;
  const lines = candidates
    .filter(({ value }) => printable(value) === value && !value.includes('\t'))
    .map(({ value, about = '' }) => (about === '' ? value : `${value}\t${about}`));
  return `${[what, ...lines].join('\n')}\n`;
}
