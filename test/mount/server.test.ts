import { describe, expect, test } from 'vitest';
import { DuplifsError } from '../../src/base/index.js';
import { eventText } from '../../src/cli/events/index.js';
import { errnoNumber, FileSystemError, type ErrnoName } from '../../src/mount/file-system-error.js';
import { rootIno, type ReadOnlyFileSystem } from '../../src/mount/file-system.js';
import { Opcode } from '../../src/mount/kernel/protocol.js';
import { FuseServer } from '../../src/mount/kernel/server.js';
import { MemoryFileSystem } from './support/memory-file-system.js';

interface Reply {
  readonly unique: number;
  readonly errno: number;
  readonly body: Buffer;
}

/** A server whose kernel is this test. */
function serverOf(fs: ReadOnlyFileSystem) {
  const request = Buffer.alloc(64 * 1024, 0xee);
  const replies: Reply[] = [];
  const log: string[] = [];
  const refused: DuplifsError[] = [];
  let ready = 0;
  const keep = (bytes: Buffer): void => {
    expect(bytes.readUInt32LE(0)).toBe(bytes.length);
    const [errno, unique] = [0 - bytes.readInt32LE(4), Number(bytes.readBigUInt64LE(8))];
    replies.push({ errno, unique, body: bytes.subarray(16) });
  };
  const transport = {
    reply: (bytes: Uint8Array, length: number) => {
      keep(Buffer.from(bytes.subarray(0, length)));
    },
    replyWithData: (header: Uint8Array, data: Uint8Array) => {
      keep(Buffer.concat([header, data]));
    },
  };
  const events = {
    onReady: () => {
      ready += 1;
    },
    onRefused: (error: DuplifsError) => {
      refused.push(error);
    },
  };
  const server = new FuseServer(fs, {
    request,
    transport,
    events,
    report: (event) => log.push(eventText(event)),
    nowSeconds: 7,
  });
  let unique = 0;
  /** Sends a request and returns its number. */
  const send = (opcode: number, node = 1, body: Uint8Array = Buffer.alloc(0), claimed?: number) => {
    unique += 2;
    request.writeUInt32LE(claimed ?? 40 + body.length, 0);
    request.writeUInt32LE(opcode, 4);
    request.writeBigUInt64LE(BigInt(unique), 8);
    request.writeBigUInt64LE(BigInt(node), 16);
    request.set(body, 40);
    server.handle(40 + body.length);
    return unique;
  };
  const last = (): Reply => {
    const reply = replies.at(-1);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  };
  return { server, send, replies, last, log, refused, readyCount: () => ready };
}

const name = (text: string): Buffer => Buffer.from(`${text}\0`);

function readBody(offset: number, size: number): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(BigInt(offset), 8);
  body.writeUInt32LE(size, 16);
  return body;
}

function expectErrno(reply: Reply, errno: ErrnoName): void {
  expect(reply.errno).toBe(errnoNumber(errno));
  expect(reply.body).toHaveLength(0);
}

/** The names in a READDIR reply, with the offset after each. */
function direntsOf(body: Buffer, header = 0): [string, number][] {
  const found: [string, number][] = [];
  for (let at = 0; at < body.length;) {
    const entry = body.subarray(at + header);
    const length = entry.readUInt32LE(16);
    found.push([entry.toString('utf8', 24, 24 + length), Number(entry.readBigUInt64LE(8))]);
    at += header + ((24 + length + 7) & ~7);
  }
  return found;
}

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
