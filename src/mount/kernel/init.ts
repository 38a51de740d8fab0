/** INIT: what the kernel offers, and what of it is taken. */
import { getU32, setU16, setU32 } from './layout.js';
import { InitFlag, oldestMinor, protocolMajor, protocolMinor, structs } from './protocol.js';

const { initIn, initOut } = structs;

/** Reads of up to 1 MiB: 256 pages. Kernels may allow less (fs.fuse.max_pages_limit). */
const maxPages = 256;
/** Nothing is ever written; the protocol's least. */
const maxWrite = 4096;
/** Reads that the kernel may have under way on its own account (read-ahead); its own default is 12. */
const maxBackground = 64;
const congestionThreshold = 48;

/** What makes the mount fast or correct; each is used only where the kernel offers it. */
const wantedFlags = Object.values(InitFlag).reduce((all, flag) => all | flag, 0);

export interface InitRequest {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
}

export type Negotiation =
  | { readonly kind: 'agreed'; readonly flags: number; readonly maxReadahead: number }
  /** The kernel speaks a newer major version: it hears ours and sends INIT anew. */
  | { readonly kind: 'again' }
  | { readonly kind: 'too-old'; readonly major: number; readonly minor: number };

export function decodeInit(view: DataView, at: number): InitRequest {
  return {
    major: getU32(view, at + initIn.at.major),
    minor: getU32(view, at + initIn.at.minor),
    maxReadahead: getU32(view, at + initIn.at.max_readahead),
    flags: getU32(view, at + initIn.at.flags),
  };
}

export function negotiate(offer: InitRequest, exportable: boolean): Negotiation {
  if (offer.major > protocolMajor) return { kind: 'again' };
  if (offer.major < protocolMajor || offer.minor < oldestMinor) {
    return { kind: 'too-old', major: offer.major, minor: offer.minor };
  }
  const wanted = exportable ? wantedFlags : wantedFlags & ~InitFlag.EXPORT_SUPPORT;
  return { kind: 'agreed', flags: offer.flags & wanted, maxReadahead: offer.maxReadahead };
}

export function encodeInitOut(
  view: DataView,
  at: number,
  agreed: Exclude<Negotiation, { kind: 'too-old' }>,
): number {
  const end = at + initOut.size;
  new Uint8Array(view.buffer, view.byteOffset + at, initOut.size).fill(0);
  setU32(view, at + initOut.at.major, protocolMajor);
  setU32(view, at + initOut.at.minor, protocolMinor);
  if (agreed.kind === 'again') return end;
  setU32(view, at + initOut.at.max_readahead, agreed.maxReadahead);
  setU32(view, at + initOut.at.flags, agreed.flags);
  setU16(view, at + initOut.at.max_background, maxBackground);
  setU16(view, at + initOut.at.congestion_threshold, congestionThreshold);
  setU32(view, at + initOut.at.max_write, maxWrite);
  setU32(view, at + initOut.at.time_gran, 1);
  setU16(view, at + initOut.at.max_pages, maxPages);
  return end;
}
