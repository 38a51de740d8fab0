import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaMapper, DeltaMapWriter, readDeltaMap } from '../../src/archive/index.js';
import { DuplifsError } from '../../src/base/index.js';
import { DeltaCommands, DeltaParser } from '../../src/librsync/index.js';
import type { DeltaCommand } from '../../src/librsync/index.js';
import { noise } from '../support/noise.js';
import { decode, encode, file, run, volumeOf } from './index-files.js';

type Part =
  | { readonly kind: 'copy'; readonly start: number; readonly length: number }
  | { readonly kind: 'literal'; readonly length: number };

const length = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70_000 }));
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant('copy' as const), start: fc.nat(2 ** 40), length }),
  fc.record({ kind: fc.constant('literal' as const), length }),
);
const fail = (what: string): DuplifsError => new DuplifsError('DAMAGED', `"a" ${what}`);
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The delta of the format's documents: 8 bytes wide everywhere, as nobody writes it and everybody reads it. */
function deltaOf(parts: readonly Part[]): Buffer {
  const wide = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  };
  const commands = parts.flatMap((one) =>
    one.kind === 'copy'
      ? [hex('54'), wide(one.start), wide(one.length)]
      : [hex('44'), wide(one.length), noise(one.length)],
  );
  return Buffer.concat([hex('72730236'), ...commands, hex('00')]);
}

function commandsIn(delta: Buffer): DeltaCommand[] {
  const commands = new DeltaCommands();
  const parser = new DeltaParser(commands, { name: 'test' });
  parser.push(delta);
  parser.finish();
  return listed([commands]);
}

function listed(batches: Iterable<DeltaCommands>): DeltaCommand[] {
  const list: DeltaCommand[] = [];
  for (const batch of batches) {
    for (let index = 0; index < batch.count; index += 1) {
      const command = batch.at(index);
      if (command !== undefined) list.push(command);
    }
  }
  return list;
}

function mapOf(delta: Buffer, cuts: readonly number[] = []): Buffer {
  const mapper = new DeltaMapper('test');
  let at = 0;
  for (const cut of cuts) {
    mapper.push(delta.subarray(at, at + cut));
    at += cut;
  }
  mapper.push(delta.subarray(at));
  if (mapper.map === undefined) throw new Error('no map');
  return mapper.map;
}

describe('the map of a delta', () => {
  it('gives the commands of the delta, however its bytes come', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(50_000)), (parts, cuts) => {
        const delta = deltaOf(parts);
        const limits = { deltaLength: delta.length, basisLength: 2 ** 41, fail };
        expect(listed(readDeltaMap(mapOf(delta, cuts), limits))).toEqual(commandsIn(delta));
      }),
      { numRuns: 50 },
    );
  });

  it('takes a few bytes for a change', () => {
    const parts = Array.from({ length: 1000 }, (_, at): Part[] => [
      { kind: 'copy', start: at * 100_000, length: 97_952 },
      { kind: 'literal', length: 2048 },
    ]).flat();
    expect(mapOf(deltaOf(parts)).length).toBeLessThan(10 * 1000);
  });

  it('is left out where it would be longer than what it saves', () => {
    const writer = new DeltaMapWriter();
    for (let at = 0; at < 2_000_000; at += 1) writer.copy(2 ** 40 - at * 1000, 1);
    expect(writer.map).toBeUndefined();
  });

  it('is none of a delta with lengths that no file has', () => {
    const delta = deltaOf([{ kind: 'copy', start: 0, length: 2 ** 52 + 1 }]);
    const mapper = new DeltaMapper('test');
    mapper.push(delta);
    expect(mapper.resultLength).toBe(2 ** 52 + 1);
    expect(mapper.map).toBeUndefined();
  });

  it('is none of a delta that is cut short', () => {
    const mapper = new DeltaMapper('test');
    mapper.push(deltaOf([{ kind: 'literal', length: 10 }]).subarray(0, -1));
    expect(mapper.map).toBeUndefined();
  });

  it.each<[string, string, number, number]>([
    ['a command of no bytes', '00 00', 100, 100],
    ['a copy from before the start', '04 01', 100, 100],
    ['a copy of what the version before does not have', 'c801 02', 100, 100],
    ['data before those of the delta', '03 09', 100, 100],
    ['data behind those of the delta', 'c901 00', 103, 100],
    ['a number that is cut', '04 80', 100, 100],
    ['half a command', '04', 100, 100],
  ])('is refused that tells of %s', (_, bytes, deltaLength, basisLength) => {
    const reading = () => listed(readDeltaMap(hex(bytes), { deltaLength, basisLength, fail }));
    expect(reading).toThrow(/"a" holds a/);
  });
});

describe('an index', () => {
  const volume = volumeOf(1, 20_000_000, 1 << 20);
  const delta = deltaOf([
    { kind: 'literal', length: 20 },
    { kind: 'copy', start: 0, length: 1000 },
  ]);
  const diff = {
    ...file,
    kind: 'diff' as const,
    size: 1020,
    runs: [{ ...run, length: delta.length }],
  };

  it('keeps the maps of its changes', () => {
    const entries = [
      { ...diff, deltaMap: mapOf(delta) },
      { ...file, path: 'b', size: 0, runs: [] },
    ];
    const { records } = decode(encode([...entries, volume]));
    expect(records.slice(0, 2)).toEqual(entries);
  });

  it.each([
    ['makes another file', { ...diff, size: 1021, deltaMap: mapOf(delta) }],
    ['is of a longer delta', { ...diff, runs: [run], deltaMap: mapOf(delta) }],
    [
      'is of no change',
      { ...diff, kind: 'snapshot' as const, size: delta.length, deltaMap: mapOf(delta) },
    ],
  ])('with a map that %s is damaged', (_, entry) => {
    expect(() => decode(encode([entry, volume]))).toThrow(/delta map/);
  });
});
