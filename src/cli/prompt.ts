/** Asks for a secret on the terminal, without showing what is typed. */
import type { ReadStream } from 'node:tty';
import { DuplifsError } from '../base/index.js';
import { personality } from './personality.js';
import { printable } from './printable.js';

const keys = {
  quit: 0x1c,
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  lineFeed: 0x0a,
  enter: 0x0d,
  eraseLine: 0x15,
  delete: 0x7f,
} as const;

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

/**
 * The answer, byte for byte; undefined when there is no terminal or nothing was typed. Ctrl-C and the signals that end
 * programs end it at once, and the terminal shows again what is typed.
 *
 * @throws DuplifsError INTERRUPTED
 */
export async function askSecret(question: string): Promise<Buffer | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  stderr.write(`${printable(asDuplicityAsks(question))}: `);
  stdin.setRawMode(true);
  try {
    return await typedLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Programs wait for its words. */
function asDuplicityAsks(question: string): string {
  if (!personality().isDuplicity || !/passphrase/i.test(question)) return question;
  return / again$/.test(question)
    ? 'Retype passphrase for decryption to confirm'
    : 'GnuPG passphrase for decryption';
}

async function typedLine(input: ReadStream): Promise<Buffer | undefined> {
  const typed: number[] = [];
  return new Promise((resolve, reject) => {
    const end = (): void => {
      input.off('data', take).off('end', give);
      for (const name of endingSignals) process.off(name, interrupt);
      typed.fill(0);
    };
    const interrupt = (): void => {
      end();
      reject(new DuplifsError('INTERRUPTED', 'Interrupted'));
    };
    const give = (): void => {
      const answer = typed.length === 0 ? undefined : Buffer.from(typed);
      end();
      resolve(answer);
    };
    const take = (bytes: Buffer): void => {
      for (const byte of bytes) {
        if (byte === keys.interrupt || byte === keys.quit) {
          interrupt(); // in raw mode the terminal sends no signal
          return;
        }
        if (byte === keys.enter || byte === keys.lineFeed || byte === keys.endOfInput) {
          give();
          return;
        }
        if (byte === keys.eraseLine) typed.length = 0;
        else if (byte === keys.delete || byte === keys.backspace) eraseCharacter(typed);
        else typed.push(byte);
      }
    };
    for (const name of endingSignals) process.once(name, interrupt);
    input.on('data', take).on('end', give).resume();
  });
}

/** Takes away the last character, which in UTF-8 may be several bytes. */
function eraseCharacter(typed: number[]): void {
  while (isContinuation(typed.at(-1))) typed.pop();
  typed.pop();
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}
