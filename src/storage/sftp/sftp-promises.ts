/** The calls of ssh2's SFTP session as promises. */
import type { Attributes, FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';

type Callback<T> = (error: Error | null | undefined, value: T) => void;

/** SFTP's status codes (draft-ietf-secsh-filexfer-02, 7), which ssh2 puts into `code` of its errors. */
export const sftpStatus = {
  missing: 2,
  denied: 3,
  failure: 4,
  noConnection: 6,
  lost: 7,
  unsupported: 8,
};

/** Sessions whose connection is gone: ssh2 takes further requests of them, and never answers. */
const lostSessions = new WeakSet<SFTPWrapper>();

/** From now on each call of the session fails at once. */
export function markLost(sftp: SFTPWrapper): void {
  lostSessions.add(sftp);
}

function promised<T>(sftp: SFTPWrapper, call: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (lostSessions.has(sftp)) {
      reject(Object.assign(new Error('The connection was lost'), { code: 'ENOTCONN' }));
      return;
    }
    call((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

function completed(
  sftp: SFTPWrapper,
  call: (callback: (error?: Error | null) => void) => void,
): Promise<void> {
  return promised<undefined>(sftp, (callback) => {
    call((error) => {
      callback(error, undefined);
    });
  });
}

export function open(sftp: SFTPWrapper, path: string, flags: 'r' | 'wx'): Promise<Buffer> {
  return promised(sftp, (callback) => {
    sftp.open(path, flags, 0o600, callback);
  });
}

export function close(sftp: SFTPWrapper, handle: Buffer): Promise<void> {
  return completed(sftp, (callback) => {
    sftp.close(handle, callback);
  });
}

export function fstat(sftp: SFTPWrapper, handle: Buffer): Promise<Stats> {
  return promised(sftp, (callback) => {
    sftp.fstat(handle, callback);
  });
}

export function lstat(sftp: SFTPWrapper, path: string): Promise<Stats> {
  return promised(sftp, (callback) => {
    sftp.lstat(path, callback);
  });
}

export function readdir(sftp: SFTPWrapper, path: string): Promise<FileEntryWithStats[]> {
  return promised(sftp, (callback) => {
    sftp.readdir(path, callback);
  });
}

/** How many bytes there were: less than the buffer takes only at the end of the file. */
export function read(
  sftp: SFTPWrapper,
  handle: Buffer,
  buffer: Buffer,
  position: number,
): Promise<number> {
  return promised(sftp, (callback) => {
    sftp.read(handle, buffer, 0, buffer.length, position, callback);
  });
}

export function write(
  sftp: SFTPWrapper,
  handle: Buffer,
  bytes: Buffer,
  position: number,
): Promise<void> {
  return completed(sftp, (callback) => {
    sftp.write(handle, bytes, 0, bytes.length, position, callback);
  });
}

export function mkdir(sftp: SFTPWrapper, path: string): Promise<void> {
  const attributes: Partial<Attributes> = { mode: 0o700 };
  return completed(sftp, (callback) => {
    sftp.mkdir(path, attributes, callback);
  });
}

export function unlink(sftp: SFTPWrapper, path: string): Promise<void> {
  return completed(sftp, (callback) => {
    sftp.unlink(path, callback);
  });
}

/** Replaces what is there, which only OpenSSH's extension does; the protocol's own rename refuses. */
export async function replace(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  if (
    await extension(sftp, (callback) => {
      sftp.ext_openssh_rename(from, to, callback);
    })
  ) {
    return;
  }
  const rename = (): Promise<void> =>
    completed(sftp, (callback) => {
      sftp.rename(from, to, callback);
    });
  try {
    await rename();
  } catch (error) {
    if (statusOf(error) !== sftpStatus.failure) throw error;
    await unlink(sftp, to);
    await rename();
  }
}

/** Brings a file's bytes to the disk, where the server can. */
export async function fsync(sftp: SFTPWrapper, handle: Buffer): Promise<void> {
  await extension(sftp, (callback) => {
    sftp.ext_openssh_fsync(handle, callback);
  });
}

/** Free bytes where the path is; undefined when the server does not say. */
export async function freeBytes(sftp: SFTPWrapper, path: string): Promise<number | undefined> {
  let found: unknown;
  const answered = await extension(sftp, (callback) => {
    sftp.ext_openssh_statvfs(path, (error, info) => {
      found = info;
      callback(error);
    });
  }).catch(() => false);
  if (!answered || typeof found !== 'object' || found === null) return undefined;
  const { f_frsize: size, f_bavail: blocks } = found as Record<string, unknown>;
  return typeof size === 'number' && typeof blocks === 'number' ? size * blocks : undefined;
}

export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/** False when the server does not have the extension, which ssh2 throws at once. */
async function extension(
  sftp: SFTPWrapper,
  call: (callback: (error?: Error | null) => void) => void,
): Promise<boolean> {
  let known = true;
  await completed(sftp, (callback) => {
    try {
      call(callback);
    } catch {
      known = false;
      callback();
    }
  });
  return known;
}
