/** What the kernel engine's server answers to reads that are interrupted, listings and attributes. */
import { describe, expect, test } from 'vitest';
import { errnoNumber } from '../../src/mount/file-system-error.js';
import { rootIno } from '../../src/mount/file-system.js';
import { Opcode } from '../../src/mount/kernel/protocol.js';
import { MemoryFileSystem } from './support/memory-file-system.js';
import { direntsOf, expectErrno, name, readBody, serverOf } from './support/server.js';

describe('the kernel engine’s server', () => {
  test('INTERRUPT ends a waiting read with EINTR at once, and the work behind it', async () => {
    const fs = new MemoryFileSystem();
    const file = fs.file(rootIno, 'slow', 'x', { delayMs: 60_000 });
    const { send, replies, last } = serverOf(fs);
    const read = send(Opcode.READ, file, readBody(0, 10));
    expect(replies).toEqual([]);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(BigInt(read));
    send(Opcode.INTERRUPT, 0, number);
    expect(last().unique).toBe(read);
    expectErrno(last(), 'EINTR');
    await new Promise(setImmediate);
    expect(fs.aborted).toBe(1);
    expect(replies).toHaveLength(1);
    send(Opcode.INTERRUPT, 0, number); // too late: nothing happens
    expect(replies).toHaveLength(1);
  });

  test('INTERRUPT of one request leaves the others alone', async () => {
    const fs = new MemoryFileSystem();
    const file = fs.file(rootIno, 'slow', 'data', { delayMs: 30 });
    const { send, replies } = serverOf(fs);
    const first = send(Opcode.READ, file, readBody(0, 10));
    const second = send(Opcode.READ, file, readBody(0, 10));
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(BigInt(first));
    send(Opcode.INTERRUPT, 0, number);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(replies.map(({ unique, errno }) => [unique, errno])).toEqual([
      [first, errnoNumber('EINTR')],
      [second, 0],
    ]);
    expect(replies[1]?.body.toString()).toBe('data');
  });

  test('a listing goes on after any offset that it gave', () => {
    const fs = new MemoryFileSystem();
    const folder = fs.folder(rootIno, 'folder');
    const names = Array.from({ length: 300 }, (_, index) => `name ${index}`);
    for (const each of names) fs.file(folder, each, '');
    for (const [opcode, header] of [
      [Opcode.READDIR, 0],
      [Opcode.READDIRPLUS, 128],
    ] as const) {
      for (const size of [256, 1000, 4096, 1 << 20]) {
        const { send, last } = serverOf(fs);
        const seen: string[] = [];
        for (let offset = 0; ;) {
          send(opcode, folder, readBody(offset, size));
          expect(last().errno).toBe(0);
          expect(last().body.length).toBeLessThanOrEqual(size);
          const entries = direntsOf(last().body, header);
          if (entries.length === 0) break;
          seen.push(...entries.map(([each]) => each));
          offset = entries.at(-1)?.[1] ?? 0;
        }
        expect(seen).toEqual(['.', '..', ...names]);
      }
    }
  });

  test('a listing into a buffer that is too small for one entry is refused', () => {
    const { send, last } = serverOf(new MemoryFileSystem());
    send(Opcode.READDIR, 1, readBody(0, 16));
    expectErrno(last(), 'EINVAL');
  });

  test('extended attributes: length, bytes, too small, not set, other namespaces', () => {
    const { send, last } = serverOf(new MemoryFileSystem());
    const ask = (size: number, text: string) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(size, 0);
      send(Opcode.GETXATTR, 1, Buffer.concat([head, name(text)]));
    };
    ask(0, 'user.duplifs.ino');
    expect(last().body.readUInt32LE(0)).toBe(1);
    ask(100, 'user.duplifs.ino');
    expect(last().body.toString()).toBe('1');
    ask(5, 'user.duplifs.set');
    expectErrno(last(), 'ERANGE');
    ask(100, 'user.other');
    expectErrno(last(), 'ENODATA');
    ask(100, 'system.posix_acl_access');
    expectErrno(last(), 'EOPNOTSUPP');
    send(Opcode.LISTXATTR, 1, Buffer.from([100, 0, 0, 0, 0, 0, 0, 0]));
    expect(last().body.toString()).toBe('user.duplifs.ino\0user.duplifs.set\0');
    send(Opcode.LISTXATTR, 1, Buffer.alloc(8));
    expect(last().body.readUInt32LE(0)).toBe(34);
  });

  test('extended attributes that are not to be listed can be asked for by name', () => {
    const fs = Object.assign(new MemoryFileSystem(), { listsXattrs: false });
    const { send, last } = serverOf(fs);
    send(Opcode.LISTXATTR, 1, Buffer.alloc(8));
    expect(last().body.readUInt32LE(0)).toBe(0);
    send(Opcode.LISTXATTR, 1, Buffer.from([100, 0, 0, 0, 0, 0, 0, 0]));
    expect(last().body).toHaveLength(0);
    send(
      Opcode.GETXATTR,
      1,
      Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), name('user.duplifs.ino')]),
    );
    expect(last().body.toString()).toBe('1');
  });

  test('a file system without extended attributes is not asked again', () => {
    const fs = Object.assign(new MemoryFileSystem(), { xattrs: undefined });
    const { send, last } = serverOf(fs);
    send(Opcode.GETXATTR, 1, Buffer.concat([Buffer.alloc(8), name('user.x')]));
    expectErrno(last(), 'ENOSYS');
  });

  test('ACCESS: all may be read, nothing written, only programs executed', () => {
    const fs = new MemoryFileSystem();
    const plain = fs.file(rootIno, 'plain', 'x', { mode: 0o644 });
    const program = fs.file(rootIno, 'program', 'x', { mode: 0o700 });
    const { send, last } = serverOf(fs);
    const access = (node: number, mask: number) => {
      send(Opcode.ACCESS, node, Buffer.from([mask, 0, 0, 0, 0, 0, 0, 0]));
      return last().errno;
    };
    expect(access(plain, 4)).toBe(0);
    expect(access(plain, 2)).toBe(errnoNumber('EROFS'));
    expect(access(plain, 1)).toBe(errnoNumber('EACCES'));
    expect(access(program, 5)).toBe(0);
    expect(access(rootIno, 1)).toBe(0);
  });
});
