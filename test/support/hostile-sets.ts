/** Targets that are made to exhaust whoever reads them. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatFileName, IndexEncoder, setKey } from '../../src/archive/index.js';
import type { PieceRun } from '../../src/archive/index.js';
import { file, firstSeconds, folder, metadataOf, timesOf, writeSet } from './craft.js';

/** A set of one small file "good" whose index has a file "bomb" of these runs besides. */
export function writeIndexedSet(target: string, size: number, runs: readonly PieceRun[]): void {
  const times = timesOf(0);
  const written = writeSet(target, { times, volumes: [[folder(''), file('good', 'well')]] });
  const [volume = ''] = written.volumes;
  const bytes = readFileSync(join(target, volume));
  const chunks: Buffer[] = [];
  const index = new IndexEncoder({ setKey: setKey(times), producer: 'test' }, (chunk) => {
    chunks.push(chunk);
  });
  index.entry({ ...metadataOf(folder('')), kind: 'snapshot', size: 0, runs: [] });
  index.entry({ ...metadataOf(file('bomb')), kind: 'snapshot', size, runs });
  index.volume({
    number: 1,
    fileName: volume,
    fileSize: bytes.length,
    sha1: createHash('sha1').update(bytes).digest(),
    table: { container: 'gz', plaintextLength: 2 ** 52, blocks: Buffer.alloc(0) },
  });
  index.end();
  const name = formatFileName({ kind: 'index', times, container: 'gz' });
  writeFileSync(join(target, name), gzipSync(Buffer.concat(chunks)));
}

/** Puts passphrase slots of the dearest kind in front of a manifest. */
export function addPassphraseSlots(target: string, count: number): void {
  const name = readdirSync(target).find((one) => one.endsWith('manifest.gpg')) ?? '';
  // version 4, AES-256, iterated and salted SHA-512, the highest count
  const slot = (): Buffer => {
    const body = Buffer.concat([Buffer.of(4, 9, 3, 10), randomBytes(8), Buffer.of(255)]);
    return Buffer.concat([Buffer.of(0xc3, body.length), body]);
  };
  const slots = Array.from({ length: count }, slot);
  writeFileSync(join(target, name), Buffer.concat([...slots, readFileSync(join(target, name))]));
}

/** A delta of one-byte COPYs from two places in turn. */
export function crumbs(copies: number): Buffer {
  const pair = Buffer.from('450701456301', 'hex');
  const body = Buffer.alloc((copies / 2) * pair.length, pair);
  return Buffer.concat([Buffer.from('72730236', 'hex'), body, Buffer.of(0)]);
}

/** Makes the manifest name `count` volumes more. */
export function nameMoreVolumes(target: string, count: number): void {
  const name = readdirSync(target).find((one) => one.endsWith('manifest')) ?? '';
  const lines: string[] = [readFileSync(join(target, name), 'latin1').trimEnd(), '\n'];
  for (let n = 2; n <= count + 1; n += 1) {
    lines.push(`Volume ${n}:\n    StartingPath   zz  \n    EndingPath     zz  \n`);
    lines.push(`    Hash SHA1 ${String(n).padStart(40, '0')}\n`);
  }
  writeFileSync(join(target, name), lines.join(''), 'latin1');
}

/** Empty manifests of incrementals that follow each other. */
export function writeEmptyIncrementals(target: string, count: number): void {
  for (let n = 1; n <= count; n += 1) {
    const times = {
      kind: 'inc' as const,
      startSeconds: firstSeconds + n - 1,
      endSeconds: firstSeconds + n,
    };
    const name = formatFileName({ kind: 'manifest', times, container: 'plain' });
    writeFileSync(join(target, name), '');
  }
}

/** Empty files that pass for volumes of the first set. */
export function writeEmptyVolumes(target: string, count: number): void {
  const times = timesOf(0);
  for (let volumeNumber = 2; volumeNumber <= count; volumeNumber += 1) {
    const name = formatFileName({ kind: 'volume', times, volumeNumber, container: 'gz' });
    writeFileSync(join(target, name), '');
  }
}
