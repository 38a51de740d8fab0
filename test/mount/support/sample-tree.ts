import { DuplifsError } from '../../../src/base/index.js';
import { rootIno } from '../../../src/mount/file-system.js';
import { MemoryFileSystem } from './memory-file-system.js';

export const manyCount = 200_000;
export const hugeBytes = 5 * 2 ** 30;

/** Names that break careless code, in the form of base/names (\udcXX: a byte that is not UTF-8). */
export const hardNames = [
  'two words',
  'line\nbreak',
  'tab\tand "quotes" \'both\'',
  '-rf',
  '*?[a]',
  'back\\slash',
  'ünïcödé 文件 🗂',
  'caf\udce9',
  '\udcff\udcfe\udc80',
  'n'.repeat(255),
  'é'.repeat(127),
  '%E9',
];

/** Everything that the tests of both engines look at. */
export function sampleTree(): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  const hard = fs.folder(rootIno, 'hard names');
  for (const name of hardNames)
    fs.file(hard, name, `content of ${String(hardNames.indexOf(name))}`);
  fs.folder(hard, 'folder \udcfc');
  const kinds = fs.folder(rootIno, 'kinds', { mode: 0o1777, mtimeSeconds: 1_600_000_000 });
  fs.file(kinds, 'setuid', 'x', { mode: 0o4755, uid: 1000, gid: 1001, mtimeSeconds: 1.25 });
  fs.file(kinds, 'empty', '');
  fs.file(kinds, 'before 1970', 'old', { mtimeSeconds: -86_400 });
  fs.file(kinds, 'linked', 'two names', { nlink: 2 });
  fs.symlink(kinds, 'link', 'setuid');
  fs.symlink(kinds, 'dangling', '/nowhere/\udcff');
  fs.special(kinds, 'pipe', 'fifo');
  fs.special(kinds, 'char', 'chr', { rdev: { major: 1, minor: 3 } });
  fs.special(kinds, 'block', 'blk', { rdev: { major: 259, minor: 70_000 } });
  const data = fs.folder(rootIno, 'data');
  for (const size of [1, 4095, 4096, 4097, 65_536, 131_073, 1_048_576, 3_000_001]) {
    fs.file(data, `file ${size}`, size);
  }
  const deep = ['a', 'b', 'c', 'd', 'e', 'f'].reduce((at, name) => fs.folder(at, name), data);
  fs.file(deep, 'leaf', 'deep down');
  const closed = fs.folder(rootIno, 'private', { mode: 0o700 });
  fs.file(closed, 'secret', 'secret', { mode: 0o600 });
  fs.file(rootIno, 'huge', hugeBytes);
  return fs;
}

/** Files that wait for their storage, and one that is damaged. */
export function troubledTree(): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  fs.file(rootIno, 'quick', 'x');
  const slow = fs.folder(rootIno, 'slow');
  fs.file(slow, 'read', 'late', { delayMs: 20_000 });
  fs.file(slow, 'lookup', 'late', { delayMs: 20_000, lazy: true });
  fs.file(slow, 'soon', 'a little late', { delayMs: 300, lazy: true });
  fs.folder(slow, 'folder', { delayMs: 20_000 });
  const failure = new DuplifsError(
    'DAMAGED',
    'The volume "duplicity-full.vol1.difftar.gpg" is damaged',
  );
  fs.file(rootIno, 'damaged', 'xxxx', { failure });
  return fs;
}

/** A folder with 200,000 files. */
export function manyFiles(): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  const many = fs.folder(rootIno, 'many');
  for (let index = 0; index < manyCount; index += 1) fs.file(many, `file-${index}`, index % 97);
  return fs;
}

/** Shaped like /usr/share: 50,000 files of 10 KB on average in 7,000 folders. */
export function shareLike(): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  const block = new Uint8Array(200_000).map((_, at) => (at * 31) & 0xff);
  for (let top = 0; top < 70; top += 1) {
    const outer = fs.folder(rootIno, `package-${top}`);
    for (let sub = 0; sub < 100; sub += 1) {
      const inner = fs.folder(outer, `part-${sub}`);
      for (let index = 0; index < 7; index += 1) {
        const size = 200 + ((top * 7919 + sub * 104_729 + index * 1299) % 21_300);
        fs.file(inner, `document-${index}.txt`, block.subarray(0, size));
      }
    }
  }
  return fs;
}
