/** Options of the commands that make a passphrase. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { leastWords, usualWords } from '../../openpgp/index.js';
import { parseWhole } from '../common-options.js';

export interface GenerateSecretOptions {
  readonly generatePassphrase: boolean;
  readonly words: number;
}

/** Adds `--generate-passphrase` and `--words`. */
export function addGenerateOptions(command: Command): Command {
  return command
    .option(
      '--generate-passphrase',
      'make a passphrase of words and show it: it is kept nowhere',
      false,
    )
    .addOption(
      new Option('--words <n>', 'how many words it has').argParser(parseWords).default(usualWords),
    );
}

/** The number of words; undefined where no passphrase is to be made. */
export function wordsOf({ generatePassphrase, words }: GenerateSecretOptions): number | undefined {
  return generatePassphrase ? words : undefined;
}

function parseWords(text: string): number {
  const count = parseWhole(text);
  if (count >= leastWords && count <= 100) return count;
  throw new InvalidArgumentError(`Give a number of words from ${leastWords}.`);
}
