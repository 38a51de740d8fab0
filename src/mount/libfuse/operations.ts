/** The operations that fuse-native calls: only those that are needed, for each costs a round trip. */
import type { NativeOperations, NativeStat } from 'fuse-native';
import { errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { MountEvent } from '../events.js';
import { errnoNumber, errnoOf, FileSystemError } from '../file-system-error.js';
import type { Attributes, MaybePromise, ReadOnlyFileSystem } from '../file-system.js';
import { deviceNumber, typeBits } from '../kernel/encode.js';
import { aliasOf, aliasOfTarget } from './alias.js';
import type { PathResolver } from './path-resolver.js';

const listingStep = 1000;
/** Of a name's alias; three characters for each byte of a name, and the mark. */
const nameBytes = 255;
/** fuse-native passes 32 bits for each number of statfs. */
const mostBlocks = 0xffff_ffff;

export function operationsOf(
  fs: ReadOnlyFileSystem,
  paths: PathResolver,
  signal: AbortSignal,
  report: Report<MountEvent>,
): NativeOperations {
  /** Runs an operation; what it throws is the errno. */
  const answer = <T>(
    path: string,
    work: () => Promise<T>,
    done: (status: number, value?: T) => void,
  ): void => {
    work().then(
      (value) => {
        done(0, value);
      },
      (error: unknown) => {
        const errno = errnoOf(error);
        if (errno === 'EIO') {
          report({ level: 'error', code: 'mount-path-failed', path, reason: errorText(error) });
        }
        done(-errnoNumber(errno));
      },
    );
  };
  const nodeAt = (path: string): MaybePromise<Attributes> => paths.resolve(path, signal);
  return {
    getattr: (path, done) => {
      answer(path, async () => statOf(await nodeAt(path)), done);
    },
    readdir: (path, done) => {
      answer(path, async () => listAll(fs, await nodeAt(path), signal), done);
    },
    readlink: (path, done) => {
      const target = async (): Promise<string> =>
        aliasOfTarget(await fs.readlink((await nodeAt(path)).ino, signal));
      answer(path, target, done);
    },
    // eslint-disable-next-line max-params -- fuse-native calls it so
    read: (path, _handle, buffer, length, offset, done) => {
      const work = async (): Promise<number> => {
        const { ino } = await nodeAt(path);
        const data = await fs.read(ino, offset, Math.min(length, buffer.length), signal);
        buffer.set(data);
        return data.length;
      };
      answer(path, work, (status, bytes) => {
        done(bytes ?? status);
      });
    },
    statfs: (path, done) => {
      answer(path, () => Promise.resolve(statfsOf(fs)), done);
    },
  };
}

async function listAll(
  fs: ReadOnlyFileSystem,
  folder: Attributes,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (folder.kind !== 'dir') throw new FileSystemError('ENOTDIR');
  const names = ['.', '..'];
  let cookie = 0;
  for (;;) {
    const entries = await fs.readdir(folder.ino, cookie, listingStep, signal);
    const last = entries.at(-1);
    if (last === undefined) return names;
    for (const { name } of entries) names.push(aliasOf(name));
    cookie = last.cookie;
    await new Promise(setImmediate); // let others be answered between the steps
  }
}

function statOf(node: Attributes): NativeStat {
  // fuse-native takes milliseconds without a sign: a time before 1970 is shown as 1970.
  const time = Math.max(0, Math.round(node.mtimeSeconds * 1000));
  return {
    mode: typeBits[node.kind] | node.mode,
    uid: node.uid,
    gid: node.gid,
    size: node.size,
    nlink: node.nlink,
    ino: node.ino % 2 ** 32 || node.ino,
    rdev: node.rdev === undefined ? 0 : deviceNumber(node.rdev),
    blksize: 4096,
    blocks: node.blocks,
    atime: time,
    mtime: time,
    ctime: time,
  };
}

function statfsOf(
  fs: ReadOnlyFileSystem,
): Parameters<Parameters<NativeOperations['statfs']>[1]>[1] & object {
  const { blockSize, blocks, files } = fs.statfs();
  return {
    bsize: blockSize,
    frsize: blockSize,
    blocks: Math.min(blocks, mostBlocks),
    files: Math.min(files, mostBlocks),
    namemax: nameBytes,
  };
}
