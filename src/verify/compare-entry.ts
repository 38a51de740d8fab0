import type { SnapshotEntry } from '../snapshot/index.js';
import type { DeviceNumbers, Difference, Rights } from './difference.js';

/** An entry of what is compared with: of a folder as lstat shows it, or of the signatures. */
export interface ComparedEntry {
  readonly path: string;
  readonly type: SnapshotEntry['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly linkTarget?: string;
  readonly device?: DeviceNumbers;
  /** Of a regular file, where it is compared with its signature. */
  readonly signature?: Buffer | undefined;
  /** The time of the set whose signatures have it. */
  readonly setSeconds?: number;
}

/** The first thing that differs apart from the content; undefined where nothing does. */
export function compareEntry(
  path: string,
  entry: SnapshotEntry,
  found: ComparedEntry | undefined,
): Difference | undefined {
  if (found === undefined) return { kind: 'missing', path };
  if (found.type !== entry.type) {
    return { kind: 'type', path, found: found.type, expected: entry.type };
  }
  if (entry.type === 'sym') {
    const [target, expected] = [found.linkTarget ?? '', entry.linkTarget ?? ''];
    return target === expected ? undefined : { kind: 'link-target', path, found: target, expected };
  }
  if (!hasSameRights(found, entry)) {
    return { kind: 'rights', path, found: rightsOf(found), expected: rightsOf(entry) };
  }
  if (entry.device !== undefined) return compareDevices(path, found.device, entry.device);
  const mtime = Math.max(0, found.mtimeSeconds);
  if (mtime === entry.mtimeSeconds) return undefined;
  // in the signatures this marks a file that could not be read to its end (docs/writing.md)
  if (found.signature !== undefined && (mtime === 1 || mtime === 2)) return undefined;
  return { kind: 'mtime', path, found: mtime, expected: entry.mtimeSeconds };
}

function compareDevices(
  path: string,
  found: DeviceNumbers | undefined,
  expected: DeviceNumbers,
): Difference | undefined {
  const numbers = found ?? { major: 0, minor: 0 };
  const isSame = numbers.major === expected.major && numbers.minor === expected.minor;
  return isSame ? undefined : { kind: 'device', path, found: numbers, expected };
}

function rightsOf({ uid, gid, mode }: Rights): Rights {
  return { uid, gid, mode };
}

function hasSameRights(one: Rights, other: Rights): boolean {
  return one.uid === other.uid && one.gid === other.gid && one.mode === other.mode;
}
