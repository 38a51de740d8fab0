/** Chains of a file that is rebuilt from changes, with the signatures that sets have of it. */
import { join } from 'node:path';
import { SignatureBuilder } from '../../src/librsync/index.js';
import { rdiffDelta, rdiffSignature } from '../librsync/rdiff.js';
import { file, folder, timesOf, writeSet } from './craft.js';
import type { Crafted } from './craft.js';
import { noise } from './noise.js';

export const first = noise(20_000);
export const second = Buffer.concat([first.subarray(0, 9000), noise(500, 2), first.subarray(9500)]);
export const third = Buffer.concat([noise(300, 3), second]);

function signatureOf(bytes: Buffer): Buffer {
  const builder = new SignatureBuilder(512);
  builder.update(bytes);
  return builder.digest();
}

/** The file "f", which was `before` and is `after`. */
export function changed(before: Buffer, after: Buffer): Crafted {
  const delta = rdiffDelta(rdiffSignature(before, 512), after);
  return file('f', delta, { kind: 'diff', signature: signatureOf(after) });
}

/** Writes a full that has "f" as `bytes`, and an incremental of each change, below `folderPath`. */
export function chainOf(folderPath: string, bytes: Buffer, changes: readonly Crafted[]): string {
  const target = join(folderPath, 'target');
  writeSet(target, {
    times: timesOf(0),
    volumes: [[folder(''), file('f', bytes), file('g', 'gee')]],
  });
  for (const [index, change] of changes.entries()) {
    const more = file(`new-${index}`, 'new');
    writeSet(target, { times: timesOf(index + 1), volumes: [[folder(''), change, more]] });
  }
  return target;
}
