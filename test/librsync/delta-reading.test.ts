import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import {
  applyDelta,
  DeltaCommands,
  DeltaParser,
  readDeltaCommands,
} from '../../src/librsync/index.js';
import type { DeltaCommand, ReadDeltaOptions } from '../../src/librsync/index.js';
import { hasRdiff, rdiff, rdiffDelta, rdiffPatch, rdiffSignature } from './rdiff.js';

const magic = '72730236';
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The commands as the random-access reader gives them, and how many bytes it asked for. */
async function commandsOf(delta: Uint8Array, options: Partial<ReadDeltaOptions> = {}) {
  const commands: DeltaCommand[] = [];
  let bytesRead = 0;
  let resultLength = 0;
  const read = (offset: number, length: number) => {
    bytesRead += length;
    return Promise.resolve(delta.subarray(offset, offset + length));
  };
  for await (const batch of readDeltaCommands(read, delta.length, { name: 'test', ...options })) {
    for (let i = 0; i < batch.count; i += 1) {
      const command = batch.at(i);
      if (command !== undefined) commands.push(command);
    }
    resultLength = batch.resultLength;
  }
  return { commands, bytesRead, resultLength };
}

function pushed(delta: Uint8Array, pieces: readonly number[]): DeltaCommands {
  const commands = new DeltaCommands();
  const parser = new DeltaParser(commands, { name: 'test' });
  let at = 0;
  for (const piece of pieces) {
    parser.push(delta.subarray(at, at + piece));
    at += piece;
  }
  parser.push(delta.subarray(at));
  parser.finish();
  return commands;
}

function countedLength(delta: Uint8Array): number {
  const parser = new DeltaParser(new DeltaCommands(), { name: 'test' });
  parser.push(delta);
  parser.finish();
  return parser.resultLength;
}

async function expectDamaged(delta: Uint8Array, message: RegExp) {
  const matching = (error: unknown) =>
    isDuplifsError(error, 'DAMAGED') && message.test(error.message);
  expect(() => countedLength(delta)).toThrow(expect.toSatisfy(matching));
  await expect(commandsOf(delta)).rejects.toSatisfy(matching);
}

describe('the commands of a delta', () => {
  const worked = Buffer.concat([
    hex(`${magic} 10`),
    Buffer.from('The QUICK brown '),
    hex('45 10 10 14'),
    Buffer.from('he lazy dog. The end'),
    hex('00'),
  ]);
  const basis = Buffer.from('The quick brown fox jumps over the lazy dog.');

  it('are those of the worked example of the format', async () => {
    const { commands, resultLength } = await commandsOf(worked);
    expect(commands).toEqual([
      { kind: 'literal', targetOffset: 0, deltaOffset: 5, length: 16 },
      { kind: 'copy', targetOffset: 16, start: 16, length: 16 },
      { kind: 'literal', targetOffset: 32, deltaOffset: 25, length: 20 },
    ]);
    expect(resultLength).toBe(52);
    expect(countedLength(worked)).toBe(52);
    expect(String(applyDelta(basis, worked, 'test'))).toBe(
      'The QUICK brown fox jumps over the lazy dog. The end',
    );
  });

  it('are the same however the bytes are cut', () => {
    const expected = pushed(worked, []);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 })), (pieces) => {
        const commands = pushed(worked, pieces);
        expect(commands.count).toBe(expected.count);
        for (let i = 0; i < expected.count; i += 1) {
          expect(commands.at(i)).toEqual(expected.at(i));
        }
      }),
    );
  });

  it('may use every width, minimal or not', async () => {
    const widths = [1, 2, 4, 8];
    const integer = (value: number, width: number) => value.toString(16).padStart(width * 2, '0');
    let body = '';
    widths.forEach((startWidth, i) => {
      widths.forEach((lengthWidth, j) => {
        const opcode = (0x45 + 4 * i + j).toString(16);
        body += opcode + integer(4, startWidth) + integer(5, lengthWidth);
      });
    });
    widths.forEach((width, i) => {
      body += (0x41 + i).toString(16) + integer(3, width) + Buffer.from('abc').toString('hex');
    });
    const delta = hex(`${magic}${body}00`);
    const { commands, resultLength } = await commandsOf(delta);
    expect(commands).toHaveLength(20);
    expect(resultLength).toBe(16 * 5 + 4 * 3);
    expect(String(applyDelta(basis, delta, 'test'))).toBe('quick'.repeat(16) + 'abc'.repeat(4));
    if (hasRdiff) expect(applyDelta(basis, delta, 'test')).toEqual(rdiffPatch(basis, delta));
  });

  it('are found without reading the data of long literals', async () => {
    const data = Buffer.alloc(5_000_000);
    const delta = Buffer.concat([hex(`${magic} 43 004c4b40`), data, hex('45 00 05 00')]);
    const { commands, bytesRead } = await commandsOf(delta);
    expect(commands).toEqual([
      { kind: 'literal', targetOffset: 0, deltaOffset: 9, length: 5_000_000 },
      { kind: 'copy', targetOffset: 5_000_000, start: 0, length: 5 },
    ]);
    expect(bytesRead).toBeLessThan(3000);
  });

  it('come in batches of bounded size that follow each other', async () => {
    const delta = Buffer.concat([hex(magic), Buffer.alloc(300_000, hex('45 00 01')), hex('00')]);
    let targetOffset = 0;
    let batches = 0;
    const read = (offset: number, length: number) =>
      Promise.resolve(delta.subarray(offset, offset + length));
    for await (const batch of readDeltaCommands(read, delta.length, { name: 'test' })) {
      if (batch.count > 0) expect(batch.targetOffset[0]).toBe(targetOffset);
      expect(batch.count).toBeLessThan(40_000);
      targetOffset = batch.resultLength;
      batches += 1;
    }
    expect(targetOffset).toBe(100_000);
    expect(batches).toBeGreaterThan(3);
  });

  it('stop at an abort', async () => {
    const signal = AbortSignal.abort();
    await expect(commandsOf(worked, { signal })).rejects.toThrow(/abort/i);
  });
});

describe('a delta that breaks the format is refused', () => {
  it.each([
    ['of another magic', '72730136 00', /does not begin/],
    ['without an end', `${magic} 45 00 05`, /before its END/],
    ['cut within its magic', '7273', /before its END/],
    ['cut within a command', `${magic} 46 00 01`, /before its END/],
    ['cut within a literal', `${magic} 05 6162`, /before its END/],
    ['with a literal of length 0', `${magic} 41 00 00`, /LITERAL of length 0/],
    ['with a copy of length 0', `${magic} 45 00 00 00`, /COPY of length 0/],
    ['with a reserved command', `${magic} 55 00`, /unknown command 0x55/],
    ['with the last reserved command', `${magic} ff 00`, /unknown command 0xff/],
    ['with a number beyond 2^53', `${magic} 48 00 0020000000000000 00`, /large number/],
    [
      'whose lengths sum up beyond 2^53',
      `${magic} 48 00 001fffffffffffff 45 00 01 00`,
      /impossibly long file/,
    ],
    ['whose copy ends beyond 2^53', `${magic} 51 001fffffffffffff 01 00`, /does not have/],
    [
      'whose literal is longer than all files',
      `${magic} 44 001fffffffffffff 00`,
      /impossibly long/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expectDamaged(hex(bytes), message);
  });

  it('whose copy reaches beyond the basis', async () => {
    const delta = hex(`${magic} 45 05 06 00`);
    await expect(commandsOf(delta, { basisLength: 10 })).rejects.toThrow(/does not have/);
    await expect(commandsOf(delta, { basisLength: 11 })).resolves.toBeDefined();
    expect(() => applyDelta(Buffer.alloc(10), delta, 'test')).toThrow(/does not have/);
  });

  it('whose few bytes would fill the memory', () => {
    const copies = Buffer.alloc(1_100 * 6, hex('47 00 00100000'));
    const delta = Buffer.concat([hex(magic), copies, hex('00')]);
    expect(countedLength(delta)).toBe(1_100 * 2 ** 20);
    expect(() => applyDelta(Buffer.alloc(1 << 20), delta, 'test')).toThrow(/fits in memory/);
  });

  it('and random bytes never do worse than that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          countedLength(Buffer.concat([hex(magic), bytes]));
        } catch (error) {
          expect(isDuplifsError(error, 'DAMAGED')).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe.runIf(hasRdiff)('a delta that rdiff made', () => {
  it('gives the file that rdiff gives', () => {
    const basis = randomBytes(300_000);
    const file = Buffer.concat([
      basis.subarray(100_000, 200_000),
      Buffer.from('inserted'),
      basis.subarray(0, 70_001),
      randomBytes(150_000),
      basis.subarray(290_000),
    ]);
    const delta = rdiffDelta(rdiffSignature(basis, 512), file);
    expect(countedLength(delta)).toBe(file.length);
    expect(applyDelta(basis, delta, 'test').equals(file)).toBe(true);
  });

  it('is refused where rdiff refuses it', () => {
    const basis = Buffer.alloc(10, 'x');
    for (const bytes of ['45 05 06 00', '41 00 00', '45 00 00 00', '55', '45 00']) {
      const delta = hex(magic + bytes);
      expect(() => rdiff(['patch'], [basis, delta])).toThrow();
      expect(() => applyDelta(basis, delta, 'test')).toThrow(
        expect.toSatisfy((error) => isDuplifsError(error, 'DAMAGED')),
      );
    }
  });
});
