/**
 * The calls of openat(2) and renameat2(2), which Node.js lacks, through koffi: where tens of thousands of files are
 * written, the way through `/proc/self/fd` and the look whether a name is free are a fifth of the time
 * (docs/performance.md, "Restore"). A call that fails tells no reason: it is made again by Node.js, which does.
 */
import { constants } from 'node:fs';

export interface FolderCalls {
  /** Makes a file in the folder, open for writing, that did not exist; its descriptor, or undefined. `name` is ASCII. */
  readonly create: (folder: number, name: string) => number | undefined;
  /** Gives a file of the folder a name that nothing has yet; false where that failed. `to` ends with a zero byte. */
  readonly rename: (folder: number, from: string, to: Buffer) => boolean;
}

const closeOnExec = 0o2_000_000;
const neverReplace = 1;

/** Undefined where they cannot be had. */
export async function loadFolderCalls(): Promise<FolderCalls | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const openAt = libc.func(
      'int openat(int folder, const char *name, int flags, unsigned int mode)',
    ) as (folder: number, name: string, flags: number, mode: number) => number;
    const renameAt = libc.func(
      'int renameat2(int from, const char *name, int to, const void *newName, unsigned int flags)',
    ) as (...given: readonly (number | string | Buffer)[]) => number;
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | closeOnExec;
    return {
      create: (folder, name) => {
        const descriptor = openAt(folder, name, flags, 0o600);
        return descriptor < 0 ? undefined : descriptor;
      },
      rename: (folder, from, to) => renameAt(folder, from, folder, to, neverReplace) === 0,
    };
  } catch {
    return undefined; // no koffi for this platform, or an older libc
  }
}
