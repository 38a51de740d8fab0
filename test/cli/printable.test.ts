import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { encodeName } from '../../src/base/index.js';
import { Log } from '../../src/cli/log.js';
import { Output } from '../../src/cli/output.js';
import { printable } from '../../src/cli/printable.js';

/** Names that would clear the screen, forge a line, hide what follows, or turn it round. */
const hostile = 'a\x1b[2J\nWarning: b\r\x9b1mc\u202ed\x7f\u2028e\udcfff';
const shown = String.raw`a\x1b[2J\nWarning: b\r\x9b1mc\u202ed\x7f\u2028e\xfff`;

async function written(isTTY: boolean, write: (output: Output) => Promise<void>): Promise<Buffer> {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const output = new Output(stream);
  await write(output);
  await output.end();
  return stream.read() as Buffer;
}

describe('what is shown of a hostile name', () => {
  it('is one line in which everything can be seen', () => {
    expect(printable(hostile)).toBe(shown);
    expect(printable('café 漢字 🎉\ttab')).toBe('café 漢字 🎉\ttab');
  });

  it('is one line of a log', () => {
    const lines: string[] = [];
    new Log(4, (line) => lines.push(line)).warn(`Cannot read "${hostile}"`);
    expect(lines).toEqual([`Warning: Cannot read "${shown}"`]);
  });

  it('is escaped on a terminal, and as it is in a file or pipe', async () => {
    const name = encodeName(hostile);
    const line = async (output: Output): Promise<void> => output.line(name);
    expect((await written(true, line)).toString()).toBe(`${shown}\n`);
    expect(await written(false, line)).toEqual(Buffer.concat([name, Buffer.from('\n')]));
  });

  it('stays the same value in JSON', async () => {
    const value = { path: 'a\x1b\x9b\x7f\u202e\n' };
    const json = async (output: Output): Promise<void> => output.json(value);
    const onTerminal = (await written(true, json)).toString();
    // eslint-disable-next-line no-control-regex
    expect(onTerminal.trimEnd()).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/);
    expect(JSON.parse(onTerminal)).toEqual(value);
    expect((await written(false, json)).toString()).toBe(`${JSON.stringify(value)}\n`);
  });
});
