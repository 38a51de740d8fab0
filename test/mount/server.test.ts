/** What the kernel engine's server answers: to what it does not do, to names, to errors, to old kernels. */
import { describe, expect, test } from 'vitest';
import { DuplifsError } from '../../src/base/index.js';
import { FileSystemError } from '../../src/mount/file-system-error.js';
import { rootIno } from '../../src/mount/file-system.js';
import { Opcode } from '../../src/mount/kernel/protocol.js';
import { MemoryFileSystem } from './support/memory-file-system.js';
import { expectErrno, name, readBody, serverOf } from './support/server.js';

describe('the kernel engine’s server', () => {
  const writing = [
    'SETATTR',
    'SYMLINK',
    'MKNOD',
    'MKDIR',
    'UNLINK',
    'RMDIR',
    'RENAME',
    'RENAME2',
    'LINK',
    'WRITE',
    'SETXATTR',
    'REMOVEXATTR',
    'CREATE',
    'FALLOCATE',
    'COPY_FILE_RANGE',
    'TMPFILE',
  ] as const;
  test.each(writing)('answers EROFS to %s', (operation) => {
    const { send, last } = serverOf(new MemoryFileSystem());
    send(Opcode[operation], 1, Buffer.alloc(64));
    expectErrno(last(), 'EROFS');
  });

  test.each(['OPEN', 'OPENDIR', 'FLUSH'] as const)(
    'answers ENOSYS to %s, once and for all',
    (operation) => {
      const { send, last } = serverOf(new MemoryFileSystem());
      send(Opcode[operation], 1, Buffer.alloc(64));
      expectErrno(last(), 'ENOSYS');
    },
  );

  test('answers ENOSYS to what it does not know', () => {
    const { send, last } = serverOf(new MemoryFileSystem());
    send(999, 1, Buffer.alloc(16));
    expectErrno(last(), 'ENOSYS');
  });

  test('answers nothing to FORGET', () => {
    const { send, replies } = serverOf(new MemoryFileSystem());
    send(Opcode.FORGET, 1, Buffer.alloc(8));
    send(Opcode.BATCH_FORGET, 0, Buffer.alloc(24));
    expect(replies).toEqual([]);
  });

  test('answers EIO to malformed requests, and says so', () => {
    const { send, last, log } = serverOf(new MemoryFileSystem());
    send(Opcode.READ, 1, Buffer.alloc(8));
    expectErrno(last(), 'EIO');
    send(Opcode.LOOKUP, 1, Buffer.from('no zero byte'));
    expectErrno(last(), 'EIO');
    send(Opcode.GETXATTR, 1, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x73]));
    expectErrno(last(), 'EIO');
    expect(log).toHaveLength(3);
    expect(log[0]).toContain('malformed');
  });

  test('drops what is not a request, and says so', () => {
    const { send, replies, log } = serverOf(new MemoryFileSystem());
    send(Opcode.GETATTR, 1, Buffer.alloc(16), 1000);
    expect(replies).toEqual([]);
    expect(log[0]).toContain('cannot be understood');
  });

  test('keeps names that are not there, unless the folder changes all the time', () => {
    const fs = new MemoryFileSystem();
    const { send, last } = serverOf(fs);
    send(Opcode.LOOKUP, 1, name('nothing'));
    expect(last().errno).toBe(0);
    expect(last().body.readBigUInt64LE(0)).toBe(0n);
    expect(last().body.readBigUInt64LE(16)).toBe(86_400n);
    fs.cacheFor = 0;
    send(Opcode.LOOKUP, 1, name('nothing'));
    expectErrno(last(), 'ENOENT');
  });

  test('a name is kept as long as its folder allows, attributes as the node does', () => {
    const fs = new MemoryFileSystem();
    const folder = fs.folder(rootIno, 'snapshots');
    const child = fs.folder(folder, 'one');
    const timed = { cacheSeconds: (ino: number) => (ino === child ? 86_400 : 1) };
    const { send, last } = serverOf(Object.assign(fs, timed));
    send(Opcode.LOOKUP, folder, name('one'));
    expect(last().body.readBigUInt64LE(16)).toBe(1n);
    expect(last().body.readBigUInt64LE(24)).toBe(86_400n);
    expect(last().body.readBigUInt64LE(8)).toBe(7n); // the generation
  });

  test('"." and ".." are found for NFS', () => {
    const fs = new MemoryFileSystem();
    const folder = fs.folder(rootIno, 'a');
    const inner = fs.folder(folder, 'b');
    const { send, last } = serverOf(fs);
    for (const [asked, given, expected] of [
      [inner, '.', inner],
      [inner, '..', folder],
      [folder, '..', rootIno],
      [rootIno, '..', rootIno],
    ] as const) {
      send(Opcode.LOOKUP, asked, name(given));
      expect(Number(last().body.readBigUInt64LE(0))).toBe(expected);
    }
    expect(last().body.readBigUInt64LE(8)).toBe(0n); // the root's generation is fixed
  });

  test('an errno of the file system is passed on, in silence', () => {
    const fs = new MemoryFileSystem();
    const file = fs.file(rootIno, 'file', 'x', { failure: new FileSystemError('EACCES') });
    const { send, last, log } = serverOf(fs);
    send(Opcode.READ, file, readBody(0, 10));
    expectErrno(last(), 'EACCES');
    send(Opcode.LOOKUP, file, name('below a file'));
    expectErrno(last(), 'ENOTDIR');
    send(Opcode.GETATTR, 9999);
    expectErrno(last(), 'ESTALE');
    expect(log).toEqual([]);
  });

  test('any other error is EIO, and its message is logged', () => {
    const fs = new MemoryFileSystem();
    const failure = new DuplifsError('DAMAGED', 'The volume "vol7" is damaged');
    const file = fs.file(rootIno, 'file', 'x', { failure });
    const { send, last, log } = serverOf(fs);
    send(Opcode.READ, file, readBody(0, 10));
    expectErrno(last(), 'EIO');
    expect(log).toEqual([`The volume "vol7" is damaged (inode ${file})`]);
  });

  test('a kernel that is too old is refused with what to do', () => {
    const { send, last, refused, readyCount } = serverOf(new MemoryFileSystem());
    const offer = Buffer.alloc(64);
    offer.writeUInt32LE(7, 0);
    offer.writeUInt32LE(26, 4);
    send(Opcode.INIT, 0, offer);
    expectErrno(last(), 'EPROTO');
    expect(refused[0]?.message).toContain('7.26');
    expect(refused[0]?.hint).toContain('libfuse');
    expect(readyCount()).toBe(0);
  });
});
