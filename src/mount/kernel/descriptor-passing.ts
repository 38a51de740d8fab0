/**
 * A Unix socket pair on which another program hands us an open file (unix(7), SCM_RIGHTS): the one thing of
 * a mount without root that Node.js cannot do. libc is called through koffi, whose prebuilt binaries cover
 * the common platforms; where there is none, `openDescriptorSocket` is undefined.
 */
import { closeSync } from 'node:fs';
import { endianness } from 'node:os';

export interface DescriptorSocket {
  /** The end that the other program gets. */
  readonly theirs: number;
  /** The descriptor that they sent, close-on-exec; undefined when they sent none. Does not wait. */
  receive(): number | undefined;
  /** Closes both ends. */
  close(): void;
}

const afUnix = 1;
const sockStream = 1;
const sockCloexec = 0o2000000;
const solSocket = 1;
const scmRights = 1;
const msgDontwait = 0x40;
const msgCmsgCloexec = 0x4000_0000;

/** struct cmsghdr of 64-bit systems: its length (8 bytes), level, type, and then the descriptor. */
const controlLayout = { bytes: 24, length: 20, atLevel: 8, atType: 12, atDescriptor: 16 } as const;

interface Message {
  readonly name: null;
  readonly namelen: number;
  readonly iov: readonly { readonly base: Uint8Array; readonly len: number }[];
  readonly iovlen: number;
  readonly control: Uint8Array;
  readonly controllen: number;
  readonly flags: number;
}

interface Libc {
  socketpair(domain: number, type: number, protocol: number, pair: Int32Array): number;
  recvmsg(socket: number, message: Message, flags: number): number;
}

/** Opens a pair, or undefined where libc cannot be called. */
export async function openDescriptorSocket(): Promise<DescriptorSocket | undefined> {
  const libc = await loadLibc();
  if (libc === undefined) return undefined;
  const pair = new Int32Array(2);
  if (libc.socketpair(afUnix, sockStream | sockCloexec, 0, pair) !== 0) return undefined;
  const [ours = -1, theirs = -1] = pair;
  return {
    theirs,
    receive: () => receive(libc, ours),
    close: () => {
      closeSync(ours);
      closeSync(theirs);
    },
  };
}

/** Whether descriptors can be received on this platform. */
export async function canReceiveDescriptors(): Promise<boolean> {
  return (await loadLibc()) !== undefined;
}

function receive(libc: Libc, socket: number): number | undefined {
  const control = Buffer.alloc(controlLayout.bytes);
  const message: Message = {
    name: null,
    namelen: 0,
    iov: [{ base: Buffer.alloc(1), len: 1 }],
    iovlen: 1,
    control,
    controllen: control.length,
    flags: 0,
  };
  const received = libc.recvmsg(socket, message, msgDontwait | msgCmsgCloexec);
  const isDescriptor =
    received >= 0 &&
    Number(control.readBigUInt64LE(0)) === controlLayout.length &&
    control.readInt32LE(controlLayout.atLevel) === solSocket &&
    control.readInt32LE(controlLayout.atType) === scmRights;
  return isDescriptor ? control.readInt32LE(controlLayout.atDescriptor) : undefined;
}

let libcOnce: Promise<Libc | undefined> | undefined;

function loadLibc(): Promise<Libc | undefined> {
  libcOnce ??= declareLibc();
  return libcOnce;
}

/** The numbers and layouts above are Linux's on 64-bit little-endian machines. */
const layoutFits =
  process.platform === 'linux' &&
  endianness() === 'LE' &&
  ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch);

async function declareLibc(): Promise<Libc | undefined> {
  if (!layoutFits) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const iovec = koffi.struct({ base: 'void *', len: 'size_t' });
    const msghdr = koffi.struct({
      name: 'void *',
      namelen: 'uint32_t',
      iov: koffi.pointer(iovec),
      iovlen: 'size_t',
      control: 'void *',
      controllen: 'size_t',
      flags: 'int',
    });
    const pair = koffi.out(koffi.pointer('int'));
    return {
      socketpair: libc.func('socketpair', 'int', ['int', 'int', 'int', pair]),
      recvmsg: libc.func('recvmsg', 'long', ['int', koffi.inout(koffi.pointer(msghdr)), 'int']),
    };
  } catch {
    return undefined; // no binary for this platform
  }
}
