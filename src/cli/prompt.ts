/** Asks for a secret on the terminal, without showing what is typed. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { DuplifsError } from '../base/index.js';

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The answer; undefined when there is no terminal or nothing was typed. Ctrl-C and the signals that end programs end it
 * at once, and the terminal shows again what is typed.
 *
 * @throws DuplifsError INTERRUPTED
 */
export async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  process.stderr.write(`${question}: `);
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort(new DuplifsError('INTERRUPTED', 'Interrupted'));
  };
  for (const name of endingSignals) process.once(name, interrupt);
  lines.once('SIGINT', interrupt); // Ctrl-C: the terminal sends no signal meanwhile
  const ended = new Promise<string>((resolve) => {
    lines.once('close', () => {
      resolve('');
    });
  });
  try {
    const answered = lines.question('', { signal: interrupted.signal });
    const answer = await Promise.race([answered, ended]);
    return answer === '' ? undefined : answer;
  } catch (error) {
    interrupted.signal.throwIfAborted();
    throw error;
  } finally {
    for (const name of endingSignals) process.off(name, interrupt);
    lines.close();
    process.stderr.write('\n');
  }
}
