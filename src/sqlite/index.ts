/** SQLite, by whichever library this machine has. */
export { openDatabase, sqliteEngine } from './engine.js';
export { isSqliteError } from './errors.js';
export type { Changes, Database, Engine, OpenOptions, SqliteValue, Statement } from './types.js';
