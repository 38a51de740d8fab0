/**
 * Asks for a secret without showing what is typed. As itself duplifs asks where standard input and standard error are a
 * terminal. In duplicity's place it asks where Python's getpass does, which the programs that call it count on: on
 * /dev/tty, else on standard error, with the answer on standard input.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { DuplifsError } from '../../base/index.js';
import { personality } from '../personality.js';
import { printable } from '../printable.js';
import { standardLine } from './standard-line.js';
import { typedLine } from './typed-line.js';
import { asDuplicityAsks } from './words.js';

/** What has got an answer as duplicity: the first one counts, right or wrong. */
const answered = new Set<string>();

/**
 * The answer, byte for byte; undefined when there is no terminal or nothing was typed. Ctrl-C and the signals that end
 * programs end it at once, and the terminal shows again what is typed.
 *
 * @throws DuplifsError INTERRUPTED, and in duplicity's place NO_PASSPHRASE where nobody answers
 */
export async function askSecret(question: string): Promise<Buffer | undefined> {
  if (personality().isDuplicity) {
    const asked = asDuplicityAsks(question);
    return answered.has(asked) ? undefined : askAsDuplicity(asked);
  }
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  stderr.write(`${printable(question)}: `);
  try {
    const answer = await typedLine(stdin);
    return answer?.length === 0 ? undefined : answer;
  } finally {
    stderr.write('\n');
  }
}

/**
 * The answer to a question in duplicity's words, which may be empty.
 * @throws DuplifsError INTERRUPTED, and NO_PASSPHRASE at the end of input
 */
export async function askAsDuplicity(question: string): Promise<Buffer> {
  const answer = (await onTerminal(question)) ?? (await onStandardStreams(question));
  if (answer !== 'end') {
    answered.add(question);
    return answer;
  }
  throw new DuplifsError('NO_PASSPHRASE', 'Nobody has answered the question for the passphrase', {
    hint: 'Set PASSPHRASE, or run this on a terminal',
  });
}

type Answer = Buffer | 'end';

/** Undefined where this process has no terminal. */
async function onTerminal(question: string): Promise<Answer | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  const { input, output } = terminal;
  try {
    writeSync(output, `${printable(question)}: `);
    try {
      return (await typedLine(input)) ?? 'end';
    } finally {
      writeSync(output, '\n');
    }
  } finally {
    input.destroy();
    closeSync(output);
  }
}

function openTerminal(): { readonly input: ReadStream; readonly output: number } | undefined {
  let output: number | undefined;
  try {
    output = openSync('/dev/tty', 'w');
    return { input: new ReadStream(openSync('/dev/tty', 'r')), output };
  } catch {
    if (output !== undefined) closeSync(output);
    return undefined; // a daemon, a job of cron
  }
}

async function onStandardStreams(question: string): Promise<Answer> {
  const { stdin, stderr } = process;
  const asked = `${printable(question)}: `;
  if (stdin.isTTY) {
    stderr.write(asked);
    try {
      return (await typedLine(stdin)) ?? 'end';
    } finally {
      stderr.write('\n');
    }
  }
  stderr.write(`Warning: Password input may be echoed.\n${asked}`);
  const answer = await standardLine();
  if (answer === undefined) return 'end';
  stderr.write('\n');
  return answer;
}
