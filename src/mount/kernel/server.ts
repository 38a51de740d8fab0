/**
 * Answers the kernel's requests from a ReadOnlyFileSystem.
 *
 * The kernel counts what it was told of each node and says FORGET; nodes here are the file system's own
 * inode numbers, which are valid as long as the mount, so there is nothing to count.
 */
import { DuplifsError, encodeName } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { MountEvent } from '../events.js';
import { FileSystemError } from '../file-system-error.js';
import { rootIno } from '../file-system.js';
import type { Attributes, ReadOnlyFileSystem } from '../file-system.js';

import { body, decodeHeader, decodeNameAt, decodeRead, hasWholeBody } from './decode.js';
import type { RequestHeader } from './decode.js';
import { encodeAttrOut, encodeEntry, encodeStatfs, encodeStatxOut } from './encode.js';
import type { EntryTimes } from './encode.js';
import { Exchange } from './exchange.js';
import type { Transport } from './exchange.js';
import { decodeInit, encodeInitOut, negotiate } from './init.js';
import { getU32, getU64, setU32 } from './layout.js';
import { encodeListing, entriesAfter } from './listing.js';
import type { ListingContext } from './listing.js';
import { Access, Opcode, structs } from './protocol.js';
import { isServedXattr, xattrNames, xattrValue } from './xattr.js';
import type { XattrReply } from './xattr.js';

const bodyAt = Exchange.bodyAt;

/** Operations that change something, and what a read-only file system says to them. */
const writing = new Set<number>([
  Opcode.SETATTR,
  Opcode.SYMLINK,
  Opcode.MKNOD,
  Opcode.MKDIR,
  Opcode.UNLINK,
  Opcode.RMDIR,
  Opcode.RENAME,
  Opcode.RENAME2,
  Opcode.LINK,
  Opcode.WRITE,
  Opcode.SETXATTR,
  Opcode.REMOVEXATTR,
  Opcode.CREATE,
  Opcode.FALLOCATE,
  Opcode.COPY_FILE_RANGE,
  Opcode.TMPFILE,
]);

export interface ServerEvents {
  /** The kernel and we agreed on the protocol: the mount answers. */
  onReady(): void;
  /** The kernel cannot be served. */
  onRefused(error: DuplifsError): void;
}

export interface ServerOptions {
  /** The buffer in which each request stands while `handle` is called. */
  readonly request: Buffer;
  readonly transport: Transport;
  readonly events: ServerEvents;
  readonly report: Report<MountEvent>;
  readonly nowSeconds?: number;
}

export class FuseServer {
  readonly exchange: Exchange;
  readonly #fs: ReadOnlyFileSystem;
  readonly #request: Buffer;
  readonly #view: DataView;
  readonly #events: ServerEvents;
  readonly #report: Report<MountEvent>;
  /** File handles that NFS kept from an earlier mount must not name nodes of this one. */
  readonly #generation: number;
  readonly #listing: ListingContext;

  constructor(
    fs: ReadOnlyFileSystem,
    {
      request,
      transport,
      events,
      report,
      nowSeconds = Math.floor(Date.now() / 1000),
    }: ServerOptions,
  ) {
    this.#fs = fs;
    this.#request = request;
    this.#view = new DataView(request.buffer, request.byteOffset, request.length);
    this.#events = events;
    this.#report = report;
    this.exchange = new Exchange(transport, report);
    this.#generation = nowSeconds;
    this.#listing = { fs, timesOf: (parent, child) => this.#times(parent, child) };
  }

  /** Handles the request of `length` bytes that stands in the buffer; never throws. */
  handle(length: number): void {
    const header = decodeHeader(this.#view, length);
    if (header === undefined) {
      this.#report({ level: 'error', code: 'fuse-request-unintelligible', bytes: length });
      return;
    }
    if (!hasWholeBody(header)) {
      this.#malformed(header);
      return;
    }
    this.#dispatch(header);
  }

  #dispatch(asked: RequestHeader): void {
    switch (asked.opcode) {
      case Opcode.LOOKUP:
        this.#lookup(asked);
        return;
      case Opcode.GETATTR:
        this.#getattr(asked);
        return;
      case Opcode.READ:
        this.#read(asked);
        return;
      case Opcode.READDIR:
        this.#readdir(asked, false);
        return;
      case Opcode.READDIRPLUS:
        this.#readdir(asked, true);
        return;
      case Opcode.READLINK:
        this.#readlink(asked);
        return;
      case Opcode.STATX:
        this.#statx(asked);
        return;
      case Opcode.ACCESS:
        this.#access(asked);
        return;
      case Opcode.GETXATTR:
        this.#getxattr(asked);
        return;
      case Opcode.LISTXATTR:
        this.#listxattr(asked);
        return;
      case Opcode.STATFS:
        this.exchange.send(
          asked.unique,
          encodeStatfs(this.exchange.view, bodyAt, this.#fs.statfs()),
        );
        return;
      case Opcode.INTERRUPT:
        this.exchange.interrupt(getU64(this.#view, body + structs.interruptIn.at.unique));
        return;
      case Opcode.FORGET:
      case Opcode.BATCH_FORGET:
        return; // these have no reply
      case Opcode.INIT:
        this.#init(asked);
        return;
      case Opcode.DESTROY:
      case Opcode.RELEASE:
      case Opcode.RELEASEDIR:
        this.exchange.sendNothing(asked.unique);
        return;
      case Opcode.IOCTL:
        this.exchange.sendError(asked.unique, 'ENOTTY');
        return;
      default:
        this.exchange.sendError(asked.unique, writing.has(asked.opcode) ? 'EROFS' : 'ENOSYS');
    }
  }

  #init({ unique }: RequestHeader): void {
    const offer = decodeInit(this.#view, body);
    const result = negotiate(offer, this.#fs.parentOf !== undefined);
    if (result.kind === 'too-old') {
      this.exchange.sendError(unique, 'EPROTO');
      const spoken = `${result.major}.${result.minor}`;
      this.#events.onRefused(
        new DuplifsError('FUSE', `The kernel speaks FUSE ${spoken}; 7.31 (Linux 5.4) is needed`, {
          hint: 'Use --fuse-engine libfuse',
        }),
      );
      return;
    }
    this.exchange.send(unique, encodeInitOut(this.exchange.view, bodyAt, result));
    if (result.kind === 'agreed') this.#events.onReady();
  }

  #lookup(asked: RequestHeader): void {
    const { nodeid: parent, unique } = asked;
    const name = decodeNameAt(this.#request, body, asked.length);
    if (name === undefined) {
      this.#malformed(asked);
      return;
    }
    this.exchange.answer(
      asked,
      (signal) => {
        // "." and ".." come from NFS only, which asks for nodes that the kernel has forgotten.
        if (name === '.') return this.#fs.getattr(parent, signal);
        if (name === '..') return this.#fs.getattr(this.#parentOf(parent), signal);
        return this.#fs.lookup(parent, name, signal);
      },
      (node) => {
        const times = this.#times(parent, node?.ino ?? parent);
        if (node === undefined && times.entrySeconds <= 0)
          this.exchange.sendError(unique, 'ENOENT');
        else this.exchange.send(unique, encodeEntry(this.exchange.view, bodyAt, node, times));
      },
    );
  }

  #getattr(asked: RequestHeader): void {
    this.#withNode(asked, (node) => {
      const seconds = this.#fs.cacheSeconds(node.ino);
      this.exchange.send(asked.unique, encodeAttrOut(this.exchange.view, bodyAt, node, seconds));
    });
  }

  #statx(asked: RequestHeader): void {
    this.#withNode(asked, (node) => {
      const seconds = this.#fs.cacheSeconds(node.ino);
      this.exchange.send(asked.unique, encodeStatxOut(this.exchange.view, bodyAt, node, seconds));
    });
  }

  /** Without default_permissions the kernel asks us: everything may be read, nothing written. */
  #access(asked: RequestHeader): void {
    const mask = getU32(this.#view, body + structs.accessIn.at.mask);
    const { unique } = asked;
    if ((mask & Access.WRITE) !== 0) {
      this.exchange.sendError(unique, 'EROFS');
    } else if ((mask & Access.EXECUTE) === 0) {
      this.exchange.sendNothing(unique);
    } else {
      this.#withNode(asked, (node) => {
        const executable = node.kind !== 'reg' || (node.mode & 0o111) !== 0;
        if (executable) this.exchange.sendNothing(unique);
        else this.exchange.sendError(unique, 'EACCES');
      });
    }
  }

  #read(asked: RequestHeader): void {
    const { offset, size } = decodeRead(this.#view);
    this.exchange.answer(
      asked,
      (signal) => this.#fs.read(asked.nodeid, offset, size, signal),
      (data) => {
        this.exchange.sendData(asked.unique, data.length > size ? data.subarray(0, size) : data);
      },
    );
  }

  #readdir(asked: RequestHeader, withAttributes: boolean): void {
    const { offset, size } = decodeRead(this.#view);
    const request = { ino: asked.nodeid, offset, size, withAttributes };
    this.exchange.answer(
      asked,
      (signal) => entriesAfter(this.#fs, request, signal),
      (entries) => {
        const { view } = this.exchange;
        const room = { view, at: bodyAt, end: Math.min(bodyAt + size, Exchange.end) };
        const end = encodeListing(room, request, entries, this.#listing);
        if (end === undefined) this.exchange.sendError(asked.unique, 'EINVAL');
        else this.exchange.send(asked.unique, end);
      },
    );
  }

  #readlink(asked: RequestHeader): void {
    this.exchange.answer(
      asked,
      (signal) => this.#fs.readlink(asked.nodeid, signal),
      (target) => {
        this.exchange.sendData(asked.unique, encodeName(target));
      },
    );
  }

  #getxattr(asked: RequestHeader): void {
    const { getxattrIn } = structs;
    const size = getU32(this.#view, body + getxattrIn.at.size);
    const name = decodeNameAt(this.#request, body + getxattrIn.size, asked.length);
    if (name === undefined) this.#malformed(asked);
    else if (this.#fs.xattrs === undefined) this.exchange.sendError(asked.unique, 'ENOSYS');
    else if (!isServedXattr(name)) this.exchange.sendError(asked.unique, 'EOPNOTSUPP');
    else this.#withXattrs(asked, (attributes) => xattrValue(attributes, name, size));
  }

  #listxattr(asked: RequestHeader): void {
    const size = getU32(this.#view, body + structs.getxattrIn.at.size);
    if (this.#fs.xattrs === undefined) this.exchange.sendError(asked.unique, 'ENOSYS');
    else if (this.#fs.listsXattrs !== true) this.#sendXattrs(asked, xattrNames(new Map(), size));
    else this.#withXattrs(asked, (attributes) => xattrNames(attributes, size));
  }

  #withXattrs(
    asked: RequestHeader,
    take: (attributes: ReadonlyMap<string, Uint8Array>) => XattrReply,
  ): void {
    this.exchange.answer(
      asked,
      (signal) => this.#fs.xattrs?.(asked.nodeid, signal) ?? new Map<string, Uint8Array>(),
      (attributes) => {
        this.#sendXattrs(asked, take(attributes));
      },
    );
  }

  #sendXattrs({ unique }: RequestHeader, reply: XattrReply): void {
    if (reply.kind === 'bytes') {
      this.exchange.sendData(unique, reply.bytes);
      return;
    }
    const { getxattrOut } = structs;
    setU32(this.exchange.view, bodyAt + getxattrOut.at.size, reply.length);
    setU32(this.exchange.view, bodyAt + getxattrOut.at.padding, 0);
    this.exchange.send(unique, bodyAt + getxattrOut.size);
  }

  #withNode(asked: RequestHeader, reply: (node: Attributes) => void): void {
    this.exchange.answer(
      asked,
      (signal) => this.#fs.getattr(asked.nodeid, signal),
      (node) => {
        if (node === undefined) throw new FileSystemError('ESTALE');
        reply(node);
      },
    );
  }

  #parentOf(ino: number): number {
    return ino === rootIno ? ino : (this.#fs.parentOf?.(ino) ?? rootIno);
  }

  /** A name is good for as long as its folder is, what stat tells for as long as the node itself. */
  #times(parent: number, child: number): EntryTimes {
    return {
      entrySeconds: this.#fs.cacheSeconds(parent),
      attributeSeconds: this.#fs.cacheSeconds(child),
      generation: child === rootIno ? 0 : this.#generation,
    };
  }

  #malformed({ opcode, unique, length }: RequestHeader): void {
    const [operation, bytes] = [opcode, length];
    this.#report({ level: 'error', code: 'fuse-request-malformed', operation, bytes });
    this.exchange.sendError(unique, 'EIO');
  }
}
