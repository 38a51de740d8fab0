/**
 * The rooms of src/ and what each may use besides itself: the one source for the lint rules (eslint.config.js,
 * .dependency-cruiser.js) and for the table and the picture in docs/design.md (`npm run docs:picture`).
 * `base` is open to all; another room is entered through its index.ts only. `cli` may use every room.
 */

/** @type {Readonly<Record<string, { readonly holds: string, readonly mayUse: readonly string[] }>>} */
export const rooms = {
  base: {
    holds: 'errors, events, names as bytes, running programs: what every room may use',
    mayUse: [],
  },
  threads: { holds: 'worker threads, errors that cross them, garbage', mayUse: [] },
  deflate: { holds: 'blocks of deflate that stand alone, by ISA-L or zlib', mayUse: [] },
  sqlite: {
    holds: 'SQLite, by whichever library this machine has, behind one interface',
    mayUse: [],
  },
  time: { holds: 'time strings, in and out', mayUse: [] },
  librsync: { holds: 'signatures, deltas, patches: pure computation on bytes', mayUse: [] },
  archive: {
    holds:
      'the format: file names, manifests, difftar, sigtar, index, block tables, chains. Bytes in, values out; no I/O and no text for people',
    mayUse: ['time', 'librsync'],
  },
  openpgp: {
    holds: 'packets, seekable messages, keys, gpg: a folder each',
    mayUse: ['deflate', 'threads'],
  },
  storage: { holds: 'one interface, one folder a backend, the URL grammar, retries', mayUse: [] },
  volume: {
    holds: 'a volume as random-access plaintext: containers, caches, readers, writers',
    mayUse: ['archive', 'openpgp', 'storage', 'deflate', 'threads'],
  },
  target: {
    holds:
      'one target (storage, archive dir, prefixes, keys): its listing, which sets are whole, reading manifests and sigtars, local copies, locks, proof of keys, the order of writes and removals',
    mayUse: ['archive', 'volume', 'storage', 'openpgp', 'time', 'sqlite'],
  },
  signatures: { holds: "the merged tree of a chain's sigtars", mayUse: ['archive', 'target'] },
  source: {
    holds: 'the walk over a source, and selection',
    mayUse: ['archive', 'time', 'threads'],
  },
  catalog: {
    holds: 'the SQLite schema, filling it (from index, sigtars, volumes), asking it',
    mayUse: [
      'target',
      'signatures',
      'archive',
      'volume',
      'storage',
      'librsync',
      'openpgp',
      'sqlite',
      'threads',
    ],
  },
  content: {
    holds: 'a file version as extents, and reads over them through a chain of deltas',
    mayUse: ['catalog', 'archive', 'volume', 'librsync'],
  },
  snapshot: {
    holds: 'the tree at a time: lookup, list, read, walk, history',
    mayUse: ['catalog', 'content', 'time'],
  },
  repository: {
    holds:
      'a target opened for reading, with one call: what mount, restore, lists and verify start from',
    mayUse: [
      'snapshot',
      'content',
      'catalog',
      'target',
      'archive',
      'volume',
      'storage',
      'openpgp',
      'time',
    ],
  },
  mount: {
    holds: 'the folders a mount shows, and the FUSE engines',
    mayUse: ['repository', 'snapshot', 'time'],
  },
  restore: { holds: 'restore', mayUse: ['repository', 'snapshot', 'time'] },
  dump: {
    holds: 'a tree of a backup as one archive, written as a stream: tar, zip',
    mayUse: ['snapshot', 'archive'],
  },
  verify: {
    holds: 'verify: every byte read, and compared with signatures or a folder',
    mayUse: ['repository', 'snapshot', 'signatures', 'source', 'archive', 'librsync', 'time'],
  },
  queries: {
    holds:
      'questions about the trees of a backup: what there ever was, what changed, the history of a path',
    mayUse: ['snapshot', 'source', 'verify'],
  },
  backup: {
    holds: 'compare, read and write a set',
    mayUse: [
      'target',
      'signatures',
      'source',
      'archive',
      'librsync',
      'volume',
      'storage',
      'openpgp',
      'time',
      'deflate',
      'threads',
    ],
  },
  kit: {
    holds: 'the kit for the day of need: named parts in a tar archive that a passphrase encrypts',
    mayUse: ['openpgp'],
  },
  consolidate: {
    holds:
      'a full out of a chain: the tree of a snapshot, rebuilt and verified, as the source of a set',
    mayUse: [
      'backup',
      'repository',
      'snapshot',
      'signatures',
      'target',
      'source',
      'archive',
      'librsync',
      'volume',
      'openpgp',
      'threads',
    ],
  },
  indexing: {
    holds:
      'indexes for sets that have none: which those are, made from the catalog, and put beside the backup',
    mayUse: ['repository', 'catalog', 'target', 'archive', 'volume', 'storage'],
  },
  check: {
    holds:
      'whether a backup is well: names, manifests, signatures and indexes held together, and volumes read by shares that are remembered',
    mayUse: ['target', 'archive', 'volume', 'storage', 'threads', 'sqlite'],
  },
  repair: {
    holds:
      'what can be made whole again without the source: a pure plan from what a check has found, and doing it',
    mayUse: ['check', 'signatures', 'target', 'archive', 'librsync', 'volume', 'storage'],
  },
  upkeep: {
    holds: 'plans of what may go as pure functions over sets, and one way to remove it',
    mayUse: ['target', 'archive'],
  },
  replicate: {
    holds: 'sets copied from one storage to another, as they are or written anew for other keys',
    mayUse: ['upkeep', 'backup', 'target', 'archive', 'volume', 'storage', 'openpgp'],
  },
  profiles: {
    holds:
      'backups that run by themselves: profile files, runs with logs and history, notices, schedules',
    mayUse: ['target', 'storage', 'time'],
  },
  cli: { holds: 'commands, options, rendering of events, exit codes', mayUse: ['*'] },
};

/** Whether code of `room` may import the index.ts of `other`. */
export function mayUse(room, other) {
  const allowed = rooms[room]?.mayUse ?? [];
  return room === other || other === 'base' || allowed.includes('*') || allowed.includes(other);
}
