/**
 * Entry and deletion records (docs/index-format.md, "Entries"). What neighbours have in common is
 * written once: leading folders, owners, and the place in the volume that follows from the one before.
 * Both ends therefore keep the same state from record to record.
 */
import type { Fail } from '../damaged.js';
import { isPathInside, pathInName } from '../entry.js';
import type { DeletedEntry, EntryMetadata, EntryType } from '../entry.js';
import { paddingLength } from '../tar/encode.js';
import { recordBytes } from '../tar/header.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { IndexedEntry, PieceRun } from './model.js';
import { maxPieces, shortestStride } from './pieces.js';
import { joinPath, sharedFolders } from './shared-folders.js';

/** In the order of their numbers. */
const types: readonly EntryType[] = ['reg', 'dir', 'sym', 'fifo', 'chr', 'blk'];

/** The flags byte: three bits of type, then these. */
const typeBits = 0x07;
const isDiff = 0x08;
const hasSameOwner = 0x10;
const isBeforeEpoch = 0x20;

type Owner = Pick<EntryMetadata, 'uid' | 'gid' | 'userName' | 'groupName'>;

type Common = Omit<IndexedEntry, 'size' | 'runs'>;

/** What a Neighbour was when it was asked. */
export type EntryState = Readonly<Neighbour>;

const nobody: Owner = { uid: 0, gid: 0, userName: '', groupName: '' };

/** What the records so far leave behind for the next. */
class Neighbour {
  path = '';
  owner = nobody;
  volume = 0;
  /** Where the next entry's header stands in the volume, unless something lies between. */
  position = 0;

  /** Becomes the same as another. */
  be({ path, owner, volume, position }: EntryState): this {
    this.path = path;
    this.owner = owner;
    this.volume = volume;
    this.position = position;
    return this;
  }

  moveTo(volume: number): void {
    if (volume !== this.volume) this.position = 0;
    this.volume = volume;
  }

  pass(run: PieceRun): void {
    const end = run.offset + (run.count - 1) * run.stride + run.length;
    this.position = end + paddingLength(end);
  }
}

export class EntryEncoder {
  readonly #last = new Neighbour();

  /** Whether what comes next may be written as it was behind records that left that. */
  isAt({ path, owner, volume, position }: EntryState): boolean {
    const last = this.#last;
    const isSamePlace = last.volume === volume && last.position === position;
    return isSamePlace && last.path === path && isSameOwner(last.owner, owner);
  }

  /** To be called after records were written that leave that. */
  goTo(state: EntryState): void {
    this.#last.be(state);
  }

  deletion({ path }: DeletedEntry, to: ByteWriter): void {
    this.#path(path, to);
  }

  entry(entry: IndexedEntry, to: ByteWriter): void {
    const sameOwner = isSameOwner(entry, this.#last.owner);
    to.byte(
      types.indexOf(entry.type) |
        (entry.kind === 'diff' ? isDiff : 0) |
        (sameOwner ? hasSameOwner : 0) |
        (entry.mtimeSeconds < 0 ? isBeforeEpoch : 0),
    );
    this.#path(entry.path, to);
    to.number(entry.mode);
    to.number(Math.abs(entry.mtimeSeconds));
    if (!sameOwner) this.#owner(entry, to);
    if (entry.type === 'sym') to.text(entry.linkTarget ?? '');
    if (entry.type === 'chr' || entry.type === 'blk') {
      to.number(entry.device?.major ?? 0);
      to.number(entry.device?.minor ?? 0);
    }
    if (entry.type !== 'reg') return;
    to.number(entry.size);
    to.number(entry.runs.length);
    for (const run of entry.runs) this.#run(run, to);
    if (entry.cut !== undefined) to.text(entry.cut);
  }

  #path(path: string, to: ByteWriter): void {
    const { folders, length } = sharedFolders(this.#last.path, path);
    to.number(folders);
    to.text(path.slice(length));
    this.#last.path = path;
  }

  #owner({ uid, gid, userName, groupName }: Owner, to: ByteWriter): void {
    to.number(uid);
    to.number(gid);
    to.text(userName);
    to.text(groupName);
    this.#last.owner = { uid, gid, userName, groupName };
  }

  #run(run: PieceRun, to: ByteWriter): void {
    const last = this.#last;
    to.signed(run.volume - last.volume);
    last.moveTo(run.volume);
    to.signed(inBlocks(run.offset - last.position));
    to.number(run.length);
    to.number(run.count);
    if (run.count > 1) to.number(inBlocks(run.stride - shortestStride(run.length)));
    last.pass(run);
  }
}

export class EntryDecoder {
  #last = new Neighbour();

  /** What the records so far have left; it does not change. */
  get state(): EntryState {
    return this.#last;
  }

  deletion(from: ByteReader, fail: Fail): DeletedEntry {
    this.#last = new Neighbour().be(this.#last);
    return { kind: 'deleted', path: this.#path(from, fail) };
  }

  entry(from: ByteReader, fail: Fail): IndexedEntry {
    this.#last = new Neighbour().be(this.#last);
    const flags = from.byte();
    const type = types[flags & typeBits];
    if (type === undefined || flags > 0x3f) throw fail('holds an entry of an unknown type');
    const path = this.#path(from, fail);
    const mode = from.number() & 0o7777;
    const time = from.number();
    if ((flags & hasSameOwner) === 0) this.#owner(from);
    const { uid, gid, userName, groupName } = this.#last.owner;
    const mtimeSeconds = (flags & isBeforeEpoch) === 0 ? time : -time;
    const kind = (flags & isDiff) === 0 ? 'snapshot' : 'diff';
    const common = { path, type, mode, uid, gid, userName, groupName, mtimeSeconds, kind } as const;
    if (type === 'reg') return this.#content(common, from, fail);
    if (kind === 'diff') throw fail('holds a delta to what is no regular file');
    if (type === 'sym') return { ...common, linkTarget: linkTarget(from, fail), size: 0, runs: [] };
    if (type === 'dir' || type === 'fifo') return { ...common, size: 0, runs: [] };
    const device = { major: from.number(), minor: from.number() };
    return { ...common, device, size: 0, runs: [] };
  }

  /** A regular file's size and places. */
  #content(common: Common, from: ByteReader, fail: Fail): IndexedEntry {
    const size = from.number();
    const runs = this.#runs(from, fail);
    if (common.kind === 'snapshot' && totalLength(runs) !== size) {
      throw fail('holds an entry whose pieces do not make its size');
    }
    const { path, type, mode, uid, gid, userName, groupName, mtimeSeconds, kind } = common;
    // Written out, for spreading here takes as long as all the rest.
    const entry = {
      path,
      type,
      mode,
      uid,
      gid,
      userName,
      groupName,
      mtimeSeconds,
      kind,
      size,
      runs,
    };
    return from.isAtEnd ? entry : { ...entry, cut: from.text() };
  }

  #path(from: ByteReader, fail: Fail): string {
    const folders = from.number();
    const rest = from.text();
    const path = joinPath(this.#last.path, folders, rest);
    if (path === undefined) throw fail('holds an entry that shares more folders than there are');
    // the folders were looked at with the path that they are shared with
    const isKnown = path === '' || (folders > 0 && isPathInside(rest));
    this.#last.path = isKnown ? path : pathInName(path, fail);
    return this.#last.path;
  }

  #owner(from: ByteReader): void {
    const uid = from.number();
    const gid = from.number();
    this.#last.owner = { uid, gid, userName: from.text(), groupName: from.text() };
  }

  #runs(from: ByteReader, fail: Fail): PieceRun[] {
    const runs: PieceRun[] = [];
    for (let left = from.count(4); left > 0; left -= 1) {
      const run = this.#run(from, fail);
      // a file may end in an empty piece, or be one
      if (run.length === 0 && (run.count > 1 || left > 1)) throw fail('holds an empty piece');
      runs.push(run);
    }
    return runs;
  }

  #run(from: ByteReader, fail: Fail): PieceRun {
    const last = this.#last;
    const volume = last.volume + from.signed();
    last.moveTo(volume);
    const offset = last.position + from.signed() * recordBytes;
    const length = from.number();
    const count = from.number();
    const stride = count > 1 ? shortestStride(length) + from.number() * recordBytes : 0;
    const run = { volume, offset, length, count, stride };
    last.pass(run);
    const isPossible = volume >= 1 && offset >= 0 && count >= 1 && count <= maxPieces;
    if (!isPossible || !Number.isSafeInteger(last.position)) {
      throw fail('holds an entry with an impossible place');
    }
    return run;
  }
}

function isSameOwner(a: Owner, b: Owner): boolean {
  return (
    a.uid === b.uid && a.gid === b.gid && a.userName === b.userName && a.groupName === b.groupName
  );
}

function linkTarget(from: ByteReader, fail: Fail): string {
  const target = from.text();
  if (target.includes('\0')) throw fail('holds a link target with a NUL');
  return target;
}

/** Distances in tars are whole blocks; the byte writer refuses anything else. */
function inBlocks(distance: number): number {
  return distance / recordBytes;
}

/** Of all pieces, in bytes. */
export function totalLength(runs: readonly PieceRun[]): number {
  return runs.reduce((sum, { length, count }) => sum + length * count, 0);
}
