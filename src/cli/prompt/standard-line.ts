/** One line of standard input where there is no terminal: a program may be at its other end. */
import { DuplifsError } from '../../base/index.js';
import { endingSignals } from './typed-line.js';

const lineFeed = 0x0a;
const maxBytes = 64 * 1024;

/**
 * The next line, byte for byte; undefined at the end of input. What follows it stays for the next question.
 *
 * @throws DuplifsError INTERRUPTED by a signal that ends programs, KEY where the line is longer than 64 KiB
 */
export async function standardLine(): Promise<Buffer | undefined> {
  const { stdin } = process;
  let read = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const end = (): void => {
      stdin.off('data', take).off('end', endOfInput).off('error', endOfInput).pause();
      for (const name of endingSignals) process.off(name, interrupt);
    };
    const interrupt = (): void => {
      end();
      reject(new DuplifsError('INTERRUPTED', 'Interrupted'));
    };
    const endOfInput = (): void => {
      end();
      resolve(read.length === 0 ? undefined : read);
    };
    const take = (piece: Buffer): void => {
      read = Buffer.concat([read, piece]);
      const at = read.indexOf(lineFeed);
      if (at < 0 && read.length <= maxBytes) return;
      end();
      if (at < 0) {
        reject(new DuplifsError('KEY', `The passphrase is longer than ${maxBytes} bytes`));
        return;
      }
      stdin.unshift(read.subarray(at + 1));
      resolve(read.subarray(0, at));
    };
    for (const name of endingSignals) process.once(name, interrupt);
    if (stdin.readableEnded) endOfInput();
    else stdin.on('data', take).on('end', endOfInput).on('error', endOfInput).resume();
  });
}
