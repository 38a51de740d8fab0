import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DifftarParser,
  encodeSigtarHeader,
  encodeTarEntry,
  paddingLength,
  signatureSizeBounds,
  sigtarEnd,
  SigtarParser,
} from '../../src/archive/index.js';
import type { EntryMetadata, SigtarEntry } from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import { metadata } from './arbitraries.js';
import { hasDuplicity, makeChain } from './duplicity.js';
import type { Chain } from './duplicity.js';

type Parsed = SigtarEntry & { data: Buffer };

function parse(...pieces: Buffer[]): Parsed[] {
  const entries: Parsed[] = [];
  let data: Buffer[] = [];
  let begun: SigtarEntry | undefined;
  const parser = new SigtarParser('a.sigtar', {
    entry(entry) {
      begun = entry;
      data = [];
    },
    data: (chunk) => data.push(Buffer.from(chunk)),
    entryEnd: () => entries.push({ ...begun, data: Buffer.concat(data) } as Parsed),
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return entries;
}

const entries = fc.oneof(
  fc.record({ kind: fc.constant('deleted' as const), path: metadata.map((entry) => entry.path) }),
  metadata.map((entry): SigtarEntry => ({
    ...entry,
    kind: entry.type === 'reg' ? 'signature' : 'snapshot',
    signatureLength: 0,
  })),
);

/** A tar of one entry of this name and type. */
function tarOf(name: string, typeflag: string, size = 0): Buffer {
  const numbers = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, deviceMajor: 0, deviceMinor: 0 };
  const header = { name, typeflag, size, linkName: '', userName: '', groupName: '', ...numbers };
  return Buffer.concat([encodeTarEntry(header), Buffer.alloc(size + paddingLength(size))]);
}

describe('a sigtar entry', () => {
  it('is what it was after encoding and decoding', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(parse(encodeSigtarHeader(entry))[0]).toMatchObject(entry);
      }),
    );
  });

  it.each([
    ['snapshot/../x', '5'],
    ['signature//x', '0'],
    ['signature/x', '5'],
    ['snapshot/x', '0'],
    ['snapshot/x', '1'],
    ['diff/x', '0'],
    ['x', '0'],
    ['signature', '0'],
    ['deleted/a/../../b', '0'],
  ])('named %s of type %s is damage that names sigtar and entry', (name, typeflag) => {
    expect(() => parse(tarOf(name, typeflag))).toThrow(
      `"a.sigtar" holds an entry ${JSON.stringify(name)}`,
    );
  });
});

describe('a sigtar', () => {
  it('of no bytes has no entries', () => {
    expect(parse()).toEqual([]);
    expect(parse(sigtarEnd(0))).toEqual([]);
  });

  it('ends with two zero blocks or more, at a full record', () => {
    expect(sigtarEnd(0)).toHaveLength(10240);
    expect(sigtarEnd(9216)).toHaveLength(1024);
    expect(sigtarEnd(9728)).toHaveLength(512 + 10240);
  });

  it('that is cut or has a bit flipped is an error or another sigtar, and never a crash', () => {
    const tar = Buffer.concat([
      tarOf('snapshot/', '5'),
      tarOf('signature/é', '0', 24),
      tarOf('deleted/x', '0'),
    ]);
    fc.assert(
      fc.property(fc.nat(tar.length), fc.nat(tar.length * 8 - 1), (length, bit) => {
        const bytes = Buffer.from(tar);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        try {
          parse(bytes.subarray(0, length));
        } catch (error) {
          if (!isDuplifsError(error, 'DAMAGED')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a signature', () => {
  const header = (blockLength: number, strongLength: number): Buffer => {
    const bytes = Buffer.from('727301360000000000000000', 'hex');
    bytes.writeUInt32BE(blockLength, 4);
    bytes.writeUInt32BE(strongLength, 8);
    return bytes;
  };

  it('bounds the size of its file to within a block', () => {
    expect(signatureSizeBounds(header(512, 8), 12)).toEqual({ minBytes: 0, maxBytes: 0 });
    expect(signatureSizeBounds(header(512, 8), 24)).toEqual({ minBytes: 1, maxBytes: 512 });
    expect(signatureSizeBounds(header(512, 8), 84)).toEqual({ minBytes: 2561, maxBytes: 3072 });
  });

  it('that is none bounds nothing', () => {
    expect(signatureSizeBounds(Buffer.alloc(12), 24)).toBeUndefined();
    expect(signatureSizeBounds(Buffer.alloc(3), 3)).toBeUndefined();
    expect(signatureSizeBounds(header(0, 8), 24)).toBeUndefined();
    expect(signatureSizeBounds(header(512, 8), 25)).toBeUndefined();
    expect(signatureSizeBounds(header(512, 8), 0)).toBeUndefined();
    expect(signatureSizeBounds(header(0xffffffff, 0), 2 ** 50)).toBeUndefined();
  });
});

/** All metadata of an entry, and nothing else. */
function metadataText(entry: EntryMetadata): string {
  const { path, type, mode, uid, gid, userName, groupName, mtimeSeconds } = entry;
  const owner = [uid, gid, userName, groupName];
  return JSON.stringify([path, type, mode, owner, mtimeSeconds, entry.linkTarget, entry.device]);
}

describe.runIf(hasDuplicity)("duplicity's sigtars", () => {
  let chain: Chain;
  beforeAll(() => {
    chain = makeChain(['--no-encryption']);
  });
  afterAll(() => {
    chain.remove();
  });

  it('are written by us to the byte', () => {
    const sigtars = chain.files(/sigtar.gz$/);
    expect(sigtars).toHaveLength(2);
    for (const { bytes } of sigtars) {
      const parts = parse(bytes).flatMap((entry) => {
        const padding = Buffer.alloc(paddingLength(entry.data.length));
        return [encodeSigtarHeader(entry), entry.data, padding];
      });
      const body = Buffer.concat(parts);
      expect(Buffer.concat([body, sigtarEnd(body.length)]).equals(bytes)).toBe(true);
    }
  });

  it('agree with the volumes on paths, metadata and the bounds of sizes', () => {
    const inVolumes = new Map<string, { metadata: string; size: number }>();
    for (const { name, bytes } of chain.files(/full.*difftar.gz$/)) {
      const parser = new DifftarParser(name, {
        entry(entry) {
          if (entry.kind === 'deleted') return;
          const size = (inVolumes.get(entry.path)?.size ?? 0) + entry.dataLength;
          inVolumes.set(entry.path, { metadata: metadataText(entry), size });
        },
        data: () => undefined,
        entryEnd: () => undefined,
        unusable: () => undefined,
      });
      parser.push(bytes);
      parser.end();
    }
    const [full] = chain.files(/full-signatures/);
    const inSigtar = parse(full?.bytes ?? Buffer.alloc(0));
    expect(inSigtar.map((entry) => entry.path)).toEqual([...inVolumes.keys()]);
    for (const entry of inSigtar) {
      if (entry.kind === 'deleted') throw new Error('a full deletes nothing');
      const volume = inVolumes.get(entry.path);
      expect(metadataText(entry)).toBe(volume?.metadata);
      if (entry.type !== 'reg') continue;
      const bounds = signatureSizeBounds(entry.data, entry.signatureLength);
      expect(bounds?.minBytes).toBeLessThanOrEqual(volume?.size ?? NaN);
      expect(bounds?.maxBytes).toBeGreaterThanOrEqual(volume?.size ?? NaN);
    }
  });
});
