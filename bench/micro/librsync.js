/**
 * Signatures and deltas of 100 MB against rdiff, files in the page cache, both from file to file. Run
 *   npm run build && node bench/micro/librsync.js
 * Prints MB/s, the best of several runs; rdiff's include its start (a few milliseconds).
 */
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { DeltaBuilder, parseSignature, SignatureBuilder } from '../../dist/librsync/index.js';

const SIZE = 100_000_000;
const BLOCK_LENGTH = 2048;
const CHUNK_LENGTH = 256 * 1024;
const RUNS = 5;

const folder = mkdtempSync(join(tmpdir(), 'duplifs-bench-'));
const path = (name) => join(folder, name);

function best(work) {
  let least = Infinity;
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function report(what, ours, theirs) {
  const rate = (milliseconds) => `${Math.round(SIZE / 1000 / milliseconds)} MB/s`.padStart(10);
  const times = (theirs / ours).toFixed(1);
  console.log(`${what.padEnd(34)} duplifs ${rate(ours)}   rdiff ${rate(theirs)}   ${times} x`);
}

function eachChunk(name, use) {
  const file = openSync(path(name), 'r');
  const chunk = Buffer.allocUnsafe(CHUNK_LENGTH);
  for (let length; (length = readSync(file, chunk, 0, CHUNK_LENGTH, null)) > 0;) {
    use(chunk.subarray(0, length));
  }
  closeSync(file);
}

function signature(name) {
  const builder = new SignatureBuilder(BLOCK_LENGTH);
  eachChunk(name, (chunk) => builder.update(chunk));
  writeFileSync(path('ours.sig'), builder.digest());
}

function delta(name, withSignature) {
  const old = parseSignature(readFileSync(path('basis.sig')), 'basis');
  const file = openSync(path('ours.delta'), 'w');
  const options = withSignature ? { newSignature: new SignatureBuilder(BLOCK_LENGTH) } : {};
  const builder = new DeltaBuilder(old, (bytes) => writeSync(file, bytes), options);
  eachChunk(name, (chunk) => builder.update(chunk));
  builder.finish();
  closeSync(file);
  if (withSignature) writeFileSync(path('ours.sig'), options.newSignature.digest());
}

const rdiff = (...args) => execFileSync('rdiff', ['-f', ...args], { cwd: folder });
const rdiffSignature = (from, to) => {
  const sums = ['-H', 'md4', '-R', 'rollsum', '-S', '8', '-b', String(BLOCK_LENGTH)];
  rdiff(...sums, 'signature', from, to);
};
const rdiffDelta = (from) => rdiff('delta', 'basis.sig', from, 'theirs.delta');

try {
  const basis = randomFillSync(Buffer.alloc(SIZE));
  writeFileSync(path('basis'), basis);
  writeFileSync(path('new'), randomFillSync(Buffer.alloc(SIZE)));
  for (let at = 0; at < SIZE; at += 100_000) basis.fill(at & 255, at, at + 1000);
  writeFileSync(path('runs'), basis);
  const bytes = readFileSync(path('basis'));
  for (let at = 0; at < SIZE; at += 5000) bytes[at] ^= 1;
  writeFileSync(path('bytes'), bytes);
  rdiffSignature('basis', 'basis.sig');

  const cases = [
    ['identical', 'basis'],
    ['1 % changed, in runs of 1000 bytes', 'runs'],
    ['a byte changed every 5000', 'bytes'],
    ['no matches', 'new'],
  ];
  report(
    'signature',
    best(() => signature('basis')),
    best(() => rdiffSignature('basis', 'theirs.sig')),
  );
  for (const [what, name] of cases) {
    report(
      `delta: ${what}`.slice(0, 34),
      best(() => delta(name, false)),
      best(() => rdiffDelta(name)),
    );
  }
  for (const [what, name] of cases) {
    report(
      `both: ${what}`.slice(0, 34),
      best(() => delta(name, true)),
      best(() => {
        rdiffDelta(name);
        rdiffSignature(name, 'theirs.sig');
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
