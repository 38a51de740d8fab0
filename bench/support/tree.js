/**
 * A tree like /usr/share, made from a seed: the same bytes, names, sizes and times on every machine.
 *
 * What was taken from a real one (47,540 files, 500 MB): a median of 1.4 KiB a file and a mean of
 * 10 KiB, one file in a hundred above 160 KiB, the largest 8 MB; 3,400 folders and 4,000 links. Most
 * files are text, which deflates to about a third; the large ones are as often incompressible.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Changes whenever the same options make other bytes. */
export const treeVersion = 1;

const epochSeconds = 1_600_000_000;
const largestFile = 8 * 2 ** 20;
const textPoolLines = 20_000;

/**
 * Makes `files` files of `bytes` bytes in all below `folder`, which must be empty or missing.
 *
 * @param {string} folder
 * @param {{ files: number, bytes: number, seed: number }} options
 */
export function makeTree(folder, { files, bytes, seed }) {
  const random = generator(seed);
  const noise = noiseStream(seed);
  const lines = textPool(random);
  const folders = makeFolders(random, Math.ceil(files / 14));
  for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
  const sizes = fileSizes(random, files, bytes);
  for (let at = 0; at < files; at += 1) {
    const parent = pick(random, folders);
    const size = sizes[at];
    const isText = random() < (size > 2 ** 17 ? 0.5 : 0.85);
    const path = join(folder, parent, `${word(random)}-${at}.${isText ? 'txt' : 'bin'}`);
    writeFileSync(path, isText ? text(random, lines, size) : noise(size), { mode: 0o644 });
    setTime(utimesSync, path, random);
    if (at % 12 === 0) {
      const link = join(folder, parent, `link-${at}`);
      symlinkSync(path.slice(dirname(path).length + 1), link);
      setTime(lutimesSync, link, random);
    }
  }
  for (const path of folders.toReversed()) setTime(utimesSync, join(folder, path), random);
}

/**
 * Writes one file of `bytes` incompressible bytes, and a small one beside it.
 *
 * @param {string} folder
 * @param {{ bytes: number, seed: number }} options
 */
export function makeLargeFile(folder, { bytes, seed }) {
  mkdirSync(folder, { recursive: true });
  const noise = noiseStream(seed);
  const path = join(folder, 'large.bin');
  writeFileSync(path, '');
  for (let at = 0; at < bytes; at += 2 ** 24) {
    writeFileSync(path, noise(Math.min(2 ** 24, bytes - at)), { flag: 'a' });
  }
  writeFileSync(join(folder, 'small.txt'), 'beside it\n');
}

/** Numbers in [0, 1) from a seed (the generator called mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Incompressible bytes: the key stream of a cipher. */
function noiseStream(seed) {
  const key = createHash('sha256').update(`noise ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (size) => cipher.update(Buffer.alloc(size));
}

/** Folders of different depths, each after the one that it lies in; few hold many files, as in life. */
function makeFolders(random, count) {
  const folders = ['share'];
  while (folders.length < count) {
    const parent = folders[Math.floor(random() ** 2 * folders.length)];
    if (parent.split('/').length < 12) folders.push(`${parent}/${word(random)}${folders.length}`);
  }
  return folders;
}

/** Sizes in a log-normal distribution, scaled to the sum that is wanted. */
function fileSizes(random, count, bytes) {
  const raw = Array.from({ length: count }, () => {
    if (random() < 0.01) return 0; // empty files
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(largestFile, 1500 * Math.exp(1.75 * normal));
  });
  const scale = bytes / raw.reduce((sum, size) => sum + size, 0);
  return raw.map((size) => Math.round(size * scale));
}

/** Lines of words that come as unevenly as those of a language. */
function textPool(random) {
  const words = Array.from({ length: 4000 }, () => word(random));
  return Array.from({ length: textPoolLines }, () => {
    const chosen = Array.from({ length: 8 + Math.floor(random() * 8) }, () => {
      return words[Math.floor(words.length * random() ** 3)];
    });
    return Buffer.from(`${chosen.join(' ')}\n`);
  });
}

function text(random, lines, size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) at += pick(random, lines).copy(bytes, at);
  return bytes;
}

const syllables = 'ba co de fi gu ha je ki lo mu na pe qui ro su ta ve wo xi zu'.split(' ');

function word(random) {
  const count = 1 + Math.floor(random() * 4);
  return Array.from({ length: count }, () => pick(random, syllables)).join('');
}

function pick(random, items) {
  return items[Math.floor(random() * items.length)];
}

function setTime(set, path, random) {
  const seconds = epochSeconds + Math.floor(random() * 1e8);
  set(path, seconds, seconds);
}
