/**
 * The catalog's SQLite schema, and how its file is opened.
 *
 * The catalog is a cache: whatever is wrong with the file (another version, damage, a half-written
 * fill), the answer is to make it again.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskErrorCode, diskErrorMeaning, DuplifsError, errorText } from '../base/index.js';
import { openDatabase } from '../sqlite/index.js';
import type { Database } from '../sqlite/index.js';
import { guardConnection, removeCatalogFile } from './guard-connection.js';
import { schemaVersion } from './ids.js';

export { chainOf, fullIdOf, nextChainOf, rootId, setId } from './ids.js';

export type Connection = Database;

const schema = `
  -- Ids of sets, volumes and names are never used again: a mount may still know what they stood for.
  CREATE TABLE chains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    next_position INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE sets (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    start_seconds INTEGER NOT NULL,
    end_seconds INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,      -- name and size of the stored manifest: another one, another set
    policy TEXT NOT NULL,           -- what its rows were proven under at least (proof-policy.ts)
    volumes_known INTEGER NOT NULL DEFAULT 0,  -- manifestKinds
    host_name TEXT,                 -- the machine and folder that were backed up, as the manifest says
    source BLOB,
    listed INTEGER NOT NULL DEFAULT 0,  -- -1: begun, maybe half-written
    listed_from TEXT,               -- listSources in list-sources.ts
    listed_name TEXT                -- of the file that it was listed from
  );
  CREATE TABLE removed_sets (id INTEGER PRIMARY KEY);  -- whose rows may still be there (prune.ts)
  CREATE TABLE volumes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    set_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT,                      -- the file chosen for it, when several claim to be it
    hash_algorithm TEXT,
    hash TEXT,
    start_path BLOB NOT NULL,
    end_path BLOB NOT NULL,
    continues INTEGER NOT NULL,     -- the next volume goes on with its last file
    catalogued INTEGER NOT NULL DEFAULT 0,
    UNIQUE (set_id, number)
  );
  CREATE TABLE volume_tables (      -- from an index, or its own bytes: the blocks that can be decoded alone
    volume_id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL,
    plaintext_length INTEGER NOT NULL,
    layout TEXT NOT NULL,           -- JSON: layout-numbers.ts in archive
    blocks BLOB NOT NULL            -- packed-blocks.ts in archive; no session keys
  );
  CREATE TABLE seek_points (        -- where the blocks begin of a volume that another program wrote
    volume_id INTEGER NOT NULL,
    block INTEGER NOT NULL,         -- its number in the table of the volume
    set_id INTEGER NOT NULL,
    bit INTEGER NOT NULL,           -- SeekPoint in src/deflate
    inflated_offset INTEGER NOT NULL,
    window BLOB NOT NULL,
    PRIMARY KEY (volume_id, block)
  );
  CREATE INDEX points_of_set ON seek_points (set_id);
  CREATE TABLE names (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER NOT NULL,
    name BLOB NOT NULL,
    folder INTEGER NOT NULL DEFAULT 0,  -- whether it was a folder in any set
    UNIQUE (parent, name)
  );
  CREATE INDEX folders ON names (parent) WHERE folder = 1;  -- link counts need not visit the files
  CREATE TABLE owners (
    id INTEGER PRIMARY KEY,
    uid INTEGER NOT NULL,
    gid INTEGER NOT NULL,
    user_name BLOB NOT NULL,
    group_name BLOB NOT NULL,
    UNIQUE (uid, gid, user_name, group_name)
  );
  CREATE TABLE versions (
    name_id INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,          -- versionKinds
    type INTEGER NOT NULL,          -- entryTypes; deleted: 0
    mode INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    mtime_seconds INTEGER NOT NULL,
    size INTEGER,                   -- NULL: a regular file whose volumes were not seen yet
    size_limit INTEGER,             -- what its signature tells: at most this size
    link BLOB,
    major INTEGER,
    minor INTEGER,
    proven INTEGER NOT NULL,        -- provenStates in entry-writer.ts
    PRIMARY KEY (name_id, set_id)
  ) WITHOUT ROWID;
  CREATE INDEX unproven ON versions (set_id, proven) WHERE proven <> 1;
  CREATE TABLE cuts (               -- files that could not be read to their end when they were backed up
    name_id INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    reason TEXT NOT NULL,           -- an error code, as EIO
    PRIMARY KEY (name_id, set_id)
  ) WITHOUT ROWID;
  CREATE TABLE pieces (
    name_id INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    volume_number INTEGER NOT NULL,
    offset INTEGER NOT NULL,        -- in the volume's plaintext
    length INTEGER NOT NULL,
    volume_id INTEGER NOT NULL,
    piece INTEGER NOT NULL,         -- its number from 1; 0: all that there is
    count INTEGER NOT NULL,         -- it and as many more of the same length as make a run (PieceRun in archive)
    stride INTEGER NOT NULL,        -- from the start of one to the next; 0: there is one
    PRIMARY KEY (name_id, set_id, volume_number, offset)
  ) WITHOUT ROWID;
  CREATE TABLE delta_maps (         -- of versions that are deltas (delta-map.ts in archive)
    set_id INTEGER NOT NULL,
    name_id INTEGER NOT NULL,
    map BLOB NOT NULL,
    PRIMARY KEY (set_id, name_id)
  );
  CREATE TABLE packed_entries (     -- what indexes say of files in folders that nobody has looked at (packed-entries.ts)
    id INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL,        -- a name
    set_id INTEGER NOT NULL,
    entries BLOB NOT NULL           -- entry-list.ts in archive
  );
  CREATE INDEX packed_in_folder ON packed_entries (folder);
  CREATE INDEX packed_of_set ON packed_entries (set_id, folder);
  INSERT INTO names (id, parent, name) VALUES (1, 0, x'');
  PRAGMA user_version = ${String(schemaVersion)};
`;

/** `sets.volumes_known`: where the volumes of a set are known from; `open`: a manifest that may have been cut short. */
export const manifestKinds = ['unknown', 'closed', 'open', 'rebuilt'] as const;
export type ManifestKind = (typeof manifestKinds)[number];

/**
 * Opens the catalog at `path`, making the file (0600) and its folders (0700) as needed. A file that is
 * no catalog, damaged, or of another version is replaced.
 */
export function openCatalogFile(path: string): Connection {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return prepare(path);
  } catch (error) {
    if (!isDamage(error)) throw openError(path, error);
  }
  removeCatalogFile(path);
  try {
    return prepare(path);
  } catch (error) {
    throw openError(path, error);
  }
}

/** Whether SQLite says that the file is damaged or is no database of ours. */
function isDamage(error: unknown): boolean {
  if (error instanceof WrongVersion) return true;
  if (!(error instanceof Error) || !('code' in error)) return false;
  return /^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA|FORMAT)/.test(String(error.code));
}

class WrongVersion extends Error {}

function prepare(path: string): Connection {
  const fresh = !existsSync(path);
  const connection = openDatabase(path, { timeoutMs: 30_000 });
  try {
    chmodSync(path, 0o600);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = OFF'); // a cache: a power cut costs a rebuild, never a backup
    connection.pragma('cache_size = -16000');
    connection.pragma('temp_store = MEMORY');
    if (fresh || connection.pragma('user_version') === 0) {
      // another process may be making it at this moment
      connection.transaction(() => {
        if (connection.pragma('user_version') === 0) connection.exec(schema);
      })();
    }
    if (connection.pragma('user_version') !== schemaVersion) {
      throw new WrongVersion();
    }
    connection.prepare('SELECT count(*) FROM sets').get();
    guardConnection(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openError(path: string, error: unknown): DuplifsError {
  if (error instanceof DuplifsError) return error; // nothing brings SQLite
  const code = diskErrorMeaning(diskErrorCode(error) ?? '');
  return new DuplifsError(code, `Cannot open the catalog "${path}": ${errorText(error)}`, {
    hint: 'Choose a folder that can be written, on a disk with room, with --archive-dir',
    cause: error,
  });
}
