import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTarEntry, paddingLength } from '../../src/archive/index.js';
import { file, folder, timesOf, volumeTar, writeSet } from '../support/craft.js';
import type { Crafted } from '../support/craft.js';
import { duplifs } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

/** A tar entry that no backup tool writes. */
function odd(name: string, typeflag: string, size = 0): Buffer {
  const header = encodeTarEntry({
    name,
    typeflag,
    size,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 0,
    linkName: 'a',
    userName: '',
    groupName: '',
    deviceMajor: 0,
    deviceMinor: 0,
  });
  return Buffer.concat([header, Buffer.alloc(size + paddingLength(size), 0x78)]);
}

/** A bad number in the place of the owner, under a checksum that is right. */
function withBadOwner(entry: Buffer): Buffer {
  const bytes = Buffer.from(entry);
  bytes.write('12x', 108, 'latin1');
  bytes.fill(' ', 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

const before = [folder(''), file('a', 'first')];
const after = [file('z', 'last')];

function setUp(oddBytes: Buffer, signed: readonly Crafted[] | 'none') {
  const home = newFolder();
  const [target, archive] = [join(home, 'target'), join(home, 'archive')];
  writeSet(target, {
    times: timesOf(0),
    volumes: [Buffer.concat([volumeTar(before), oddBytes, volumeTar(after)])],
    signatures: signed === 'none' ? 'none' : [...before, ...signed, ...after],
    manifest: (volumes) => volumes.map((one) => ({ ...one, startPath: '', endPath: 'z' })),
  });
  let runs = 0;
  const restore = async (): Promise<Finished & { out: string }> => {
    runs += 1;
    const out = join(home, `out${runs}`);
    return { ...(await duplifs(['restore', '--archive-dir', archive, target, out])), out };
  };
  const other = async (verb: string, ...more: string[]): Promise<Finished> =>
    duplifs([verb, '--archive-dir', archive, target, ...more]);
  return { restore, other, home };
}

describe('an odd entry in a volume', () => {
  it.each([
    ['a hard link', odd('snapshot/odd', '1')],
    ['an unknown type with data', odd('snapshot/odd', 'Z', 700)],
    ['a sparse file', odd('snapshot/odd', 'S', 700)],
    ['a file with a bad number', withBadOwner(odd('snapshot/odd', '0', 700))],
    ['a piece without a number', odd('multivol_snapshot/odd/x', '0', 700)],
  ])('(%s) loses that path alone, and every restore says so', async (_, bytes) => {
    for (const signed of [[file('odd', 'x')], 'none'] as const) {
      const { restore, other, home } = setUp(bytes, signed);
      for (let round = 1; round <= 2; round += 1) {
        const { status, stderr, out } = await restore();
        expect([status, stderr]).toEqual([1, expect.stringContaining('"odd" was not restored')]);
        expect(readdirSync(out)).toEqual(['a', 'z']);
        expect(readFileSync(join(out, 'z'), 'utf8')).toBe('last');
        if (round === 1) expect(stderr).toMatch(/vol1\S* holds an entry "\w+\/odd/);
      }
      expect((await other('verify', home)).status).toBe(21);
    }
  });

  it('that tells no path is told of by every restore', async () => {
    const { restore } = setUp(odd('unknown/odd', '0', 700), []);
    for (let round = 1; round <= 2; round += 1) {
      const { status, stderr, out } = await restore();
      expect([status, stderr]).toEqual([1, expect.stringContaining('an entry "unknown/odd"')]);
      expect(readdirSync(out)).toEqual(['a', 'z']);
    }
  });

  it('in the place of a piece loses its file, whose other pieces are not taken for all of it', async () => {
    const piece = (number: number): Crafted => file('big', `piece ${number}`, { piece: number });
    for (const bytes of [
      Buffer.concat([volumeTar([piece(1), piece(2)]), odd('multivol_snapshot/big/3', '1')]),
      Buffer.concat([odd('multivol_snapshot/big/1', '1'), volumeTar([piece(2), piece(3)])]),
    ]) {
      const { restore } = setUp(bytes, [file('big', 'x')]);
      const { status, stderr, out } = await restore();
      expect([status, stderr]).toEqual([1, expect.stringContaining('"big" was not restored')]);
      expect(readdirSync(out)).toEqual(['a', 'z']);
    }
  });
});
