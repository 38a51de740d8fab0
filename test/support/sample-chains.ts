/** Small chains to harm: crafted ones, and encrypted ones by the real duplicity. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rdiffDelta, rdiffSignature } from '../librsync/rdiff.js';
import { deleted, file, folder, link, timesOf, writeSet } from './craft.js';
import { noise } from './noise.js';

/** A full of two volumes, one file over both, and two incrementals with deltas and deletions. */
export function craftChain(target: string, container: 'gz' | 'plain'): void {
  const big = noise(150_000, 5);
  const piece = (number: number) =>
    file('d/big', big.subarray((number - 1) * 65536, number * 65536), { piece: number });
  writeSet(target, {
    times: timesOf(0),
    container,
    volumes: [
      [folder(''), file('a', 'first'), folder('d'), piece(1), piece(2)],
      [
        piece(3),
        file(`d/${'long-name-'.repeat(15)}`, 'long'),
        file('e', noise(3000)),
        link('l', 'a'),
      ],
    ],
    manifest: ([first, ...rest]) =>
      first === undefined ? [] : [{ ...first, endBlock: 2 }, ...rest],
  });
  let before = noise(3000);
  for (const day of [1, 2]) {
    const after = Buffer.concat([
      before.subarray(0, 1000),
      noise(day * 300, day),
      before.subarray(1100),
    ]);
    const delta = rdiffDelta(rdiffSignature(before, 64), after);
    const changed = file('e', delta, { kind: 'diff' });
    const gone = day === 1 ? [deleted('a')] : [file('a', 'back')];
    writeSet(target, { times: timesOf(day), container, volumes: [[folder(''), ...gone, changed]] });
    before = after;
  }
}

/** The same idea by the real duplicity, encrypted with the passphrase "test". */
export function duplicityChain(home: string): string {
  const source = join(home, 'source');
  const target = join(home, 'made');
  mkdirSync(join(source, 'd'), { recursive: true });
  const put = (name: string, bytes: Buffer | string, day: number): void => {
    writeFileSync(join(source, name), bytes);
    utimesSync(join(source, name), 1_690_000_000 + day, 1_690_000_000 + day);
  };
  for (const day of [0, 1]) {
    put('d/big', noise(1_300_000 - day * 1000, 5), day);
    put('e', noise(3000 + day), day);
    put(`only-${day}`, 'here', day);
    if (day === 1) rmSync(join(source, 'only-0'));
    const seconds = String(1_700_000_000 + day * 86_400);
    execFileSync(
      'duplicity',
      [
        ...['--archive-dir', join(home, 'cache'), '--current-time', seconds, '--volsize', '1'],
        ...['--allow-source-mismatch', source, `file://${target}`],
      ],
      { stdio: 'ignore', env: { ...process.env, PASSPHRASE: 'test', GNUPGHOME: gnupg(home) } },
    );
  }
  return target;
}

function gnupg(home: string): string {
  const path = join(home, 'gnupg');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
