/**
 * The FUSE kernel protocol: operations, flags and the layout of every struct that is spoken here, as the
 * kernel's include/uapi/linux/fuse.h has them. Field names are those of that file.
 */
import { layout } from './layout.js';

export const protocolMajor = 7;
/** What we speak: 7.39 brought STATX. The kernel takes the smaller of its minor version and ours. */
export const protocolMinor = 39;
/** Linux 5.4; an older kernel lacks zero-message opendir or cached links. */
export const oldestMinor = 31;

export const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  IOCTL: 39,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  COPY_FILE_RANGE: 47,
  TMPFILE: 51,
  STATX: 52,
} as const;

/** Flags of INIT that are used here. */
export const InitFlag = {
  ASYNC_READ: 1 << 0,
  EXPORT_SUPPORT: 1 << 4,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  NO_OPEN_SUPPORT: 1 << 17,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  CACHE_SYMLINKS: 1 << 23,
  NO_OPENDIR_SUPPORT: 1 << 24,
} as const;

/** Codes of messages to the kernel that answer no request. */
export const Notification = { INVAL_INODE: 2, INVAL_ENTRY: 3 } as const;

/** The `mask` of ACCESS. */
export const Access = { EXECUTE: 1, WRITE: 2, READ: 4 } as const;

const attr = layout({
  ino: 'u64',
  size: 'u64',
  blocks: 'u64',
  atime: 'i64',
  mtime: 'i64',
  ctime: 'i64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  nlink: 'u32',
  uid: 'u32',
  gid: 'u32',
  rdev: 'u32',
  blksize: 'u32',
  flags: 'u32',
});

const entryOut = layout({
  nodeid: 'u64',
  generation: 'u64',
  entry_valid: 'u64',
  attr_valid: 'u64',
  entry_valid_nsec: 'u32',
  attr_valid_nsec: 'u32',
  attr,
});

/** `name` stands where the name's bytes begin; it takes no room of its own. */
const dirent = layout({ ino: 'u64', off: 'u64', namelen: 'u32', type: 'u32', name: layout({}) });

const sxTime = layout({ tv_sec: 'i64', tv_nsec: 'u32', reserved: 'i32' });

const statx = layout({
  mask: 'u32',
  blksize: 'u32',
  attributes: 'u64',
  nlink: 'u32',
  uid: 'u32',
  gid: 'u32',
  mode: 'u16',
  spare0: 'u16',
  ino: 'u64',
  size: 'u64',
  blocks: 'u64',
  attributes_mask: 'u64',
  atime: sxTime,
  btime: sxTime,
  ctime: sxTime,
  mtime: sxTime,
  rdev_major: 'u32',
  rdev_minor: 'u32',
  dev_major: 'u32',
  dev_minor: 'u32',
  spare2: { size: 14 * 8, at: {} },
});

export const structs = {
  inHeader: layout({
    len: 'u32',
    opcode: 'u32',
    unique: 'u64',
    nodeid: 'u64',
    uid: 'u32',
    gid: 'u32',
    pid: 'u32',
    total_extlen: 'u16',
    padding: 'u16',
  }),
  outHeader: layout({ len: 'u32', error: 'i32', unique: 'u64' }),
  attr,
  entryOut,
  attrOut: layout({ attr_valid: 'u64', attr_valid_nsec: 'u32', dummy: 'u32', attr }),
  dirent,
  direntplus: layout({ entry_out: entryOut, dirent }),
  initIn: layout({
    major: 'u32',
    minor: 'u32',
    max_readahead: 'u32',
    flags: 'u32',
    flags2: 'u32',
    unused: { size: 11 * 4, at: {} },
  }),
  initOut: layout({
    major: 'u32',
    minor: 'u32',
    max_readahead: 'u32',
    flags: 'u32',
    max_background: 'u16',
    congestion_threshold: 'u16',
    max_write: 'u32',
    time_gran: 'u32',
    max_pages: 'u16',
    map_alignment: 'u16',
    flags2: 'u32',
    unused: { size: 7 * 4, at: {} },
  }),
  readIn: layout({
    fh: 'u64',
    offset: 'u64',
    size: 'u32',
    read_flags: 'u32',
    lock_owner: 'u64',
    flags: 'u32',
    padding: 'u32',
  }),
  getattrIn: layout({ getattr_flags: 'u32', dummy: 'u32', fh: 'u64' }),
  statxIn: layout({
    getattr_flags: 'u32',
    reserved: 'u32',
    fh: 'u64',
    sx_flags: 'u32',
    sx_mask: 'u32',
  }),
  sxTime,
  statx,
  statxOut: layout({
    attr_valid: 'u64',
    attr_valid_nsec: 'u32',
    flags: 'u32',
    spare: { size: 2 * 8, at: {} },
    stat: statx,
  }),
  statfsOut: layout({
    blocks: 'u64',
    bfree: 'u64',
    bavail: 'u64',
    files: 'u64',
    ffree: 'u64',
    bsize: 'u32',
    namelen: 'u32',
    frsize: 'u32',
    padding: 'u32',
    spare: { size: 6 * 4, at: {} },
  }),
  accessIn: layout({ mask: 'u32', padding: 'u32' }),
  getxattrIn: layout({ size: 'u32', padding: 'u32' }),
  getxattrOut: layout({ size: 'u32', padding: 'u32' }),
  interruptIn: layout({ unique: 'u64' }),
  notifyInvalInodeOut: layout({ ino: 'u64', off: 'i64', len: 'i64' }),
  notifyInvalEntryOut: layout({ parent: 'u64', namelen: 'u32', flags: 'u32' }),
} as const;
