/** One line of a terminal that shows nothing of what is typed. */
import type { ReadStream } from 'node:tty';
import { DuplifsError } from '../../base/index.js';

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

export const endingSignals = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

/**
 * What was typed, byte for byte, without its end; undefined at the end of input with nothing typed. Ctrl-C and the
 * signals that end programs end it at once. The terminal shows again what is typed when it has returned.
 *
 * @throws DuplifsError INTERRUPTED
 */
export async function typedLine(input: ReadStream): Promise<Buffer | undefined> {
  input.setRawMode(true);
  try {
    return await readKeys(input);
  } finally {
    input.setRawMode(false);
    input.pause();
  }
}

async function readKeys(input: ReadStream): Promise<Buffer | undefined> {
  const typed: number[] = [];
  return new Promise((resolve, reject) => {
    const end = (): void => {
      input.off('data', take).off('end', endOfInput).off('error', endOfInput);
      for (const name of endingSignals) process.off(name, interrupt);
      typed.fill(0);
    };
    const interrupt = (): void => {
      end();
      reject(new DuplifsError('INTERRUPTED', 'Interrupted'));
    };
    const give = (answer: Buffer | undefined): void => {
      end();
      resolve(answer);
    };
    const endOfInput = (): void => {
      give(typed.length === 0 ? undefined : Buffer.from(typed));
    };
    const take = (bytes: Buffer): void => {
      for (const byte of bytes) {
        if (byte === keys.interrupt || byte === keys.quit) {
          interrupt(); // in raw mode the terminal sends no signal
          return;
        }
        if (byte === keys.enter || byte === keys.lineFeed) {
          give(Buffer.from(typed));
          return;
        }
        if (byte === keys.endOfInput) {
          endOfInput();
          return;
        }
        if (byte === keys.eraseLine) typed.length = 0;
        else if (byte === keys.delete || byte === keys.backspace) eraseCharacter(typed);
        else typed.push(byte);
      }
    };
    for (const name of endingSignals) process.once(name, interrupt);
    // a terminal that is hung up fails to be read
    input.on('data', take).on('end', endOfInput).on('error', endOfInput).resume();
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
