/** Asks for a secret on the terminal, without showing what is typed. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** The answer; undefined when there is no terminal or nothing was typed. */
export async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  process.stderr.write(`${question}: `);
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    const answer = await lines.question('');
    return answer === '' ? undefined : answer;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
