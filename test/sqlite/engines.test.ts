/** Every library that brings SQLite here does the same: src/sqlite. */
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { betterSqliteEngine } from '../../src/sqlite/better-sqlite3.js';
import type { BetterSqlite } from '../../src/sqlite/better-sqlite3.js';
import { isSqliteError, sqliteEngine } from '../../src/sqlite/index.js';
import type { Database, Engine } from '../../src/sqlite/index.js';
import { nodeSqliteEngine } from '../../src/sqlite/node-sqlite.js';
import type { NodeSqlite } from '../../src/sqlite/node-sqlite.js';
import { built, root, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const require = createRequire(import.meta.url);
const newFolder = temporaryFolders();

const engines: Record<string, () => Engine> = {
  'the one that is taken': sqliteEngine,
  'the one that is shipped': () =>
    nodeSqliteEngine(require('@photostructure/sqlite') as NodeSqlite, 'shipped'),
};
if (process.version.startsWith('v20.')) {
  engines['better-sqlite3'] = () => betterSqliteEngine(require('better-sqlite3') as BetterSqlite);
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (isSqliteError(error)) return error.code;
    throw error;
  }
  return undefined;
}

describe.each(Object.entries(engines))('%s', (_, engineOf) => {
  const engine = engineOf();
  const open = (path = join(newFolder(), 'some.sqlite')): Database =>
    engine.open(path, { timeoutMs: 0 });

  it('names its version', () => {
    expect(engine.name).toMatch(/, SQLite 3\.\d+\.\d+$/);
  });

  it('gives rows as objects, arrays and values, bytes as Buffers', () => {
    const database = open();
    database.exec('CREATE TABLE names (id INTEGER PRIMARY KEY, name BLOB, note TEXT)');
    const add = database.prepare('INSERT INTO names (name, note) VALUES (?, ?)');
    const name = Buffer.from([0xe9, 0, 0xff]);
    expect(add.run(name, 'é')).toEqual({ changes: 1, lastInsertRowid: 1 });
    add.run(Buffer.alloc(0), null);
    const all = 'SELECT id, name, note FROM names ORDER BY id';
    const empty = Buffer.alloc(0);
    const objects = database.prepare(all).all();
    expect(objects).toMatchObject([
      { id: 1, name, note: 'é' },
      { id: 2, name: empty, note: null },
    ]);
    const arrays = database.prepare<[], [number, Buffer, string | null]>(all).raw();
    expect(arrays.all()).toEqual([
      [1, name, 'é'],
      [2, empty, null],
    ]);
    expect([...arrays.iterate()]).toEqual(arrays.all());
    expect(arrays.get()).toEqual([1, name, 'é']);
    expect(Buffer.isBuffer(arrays.get()?.[1])).toBe(true);
    const values = database
      .prepare<[number], Buffer>('SELECT name FROM names WHERE id = ?')
      .pluck();
    expect(values.get(1)?.toString('latin1')).toBe('é\0ÿ');
    expect(values.get(3)).toBeUndefined();
    expect(values.all(1)).toEqual([name]);
    database.close();
  });

  it('keeps whole numbers up to 2^53', () => {
    const database = open();
    database.exec('CREATE TABLE sizes (size INTEGER)');
    const greatest = Number.MAX_SAFE_INTEGER;
    database.prepare('INSERT INTO sizes VALUES (?)').run(greatest);
    expect(database.prepare('SELECT size FROM sizes').pluck().get()).toBe(greatest);
    expect(database.prepare('SELECT typeof(size) FROM sizes').pluck().get()).toBe('integer');
    database.close();
  });

  it('commits what returns, and rolls back what throws', () => {
    const database = open();
    database.exec('CREATE TABLE t (a)');
    const add = database.transaction((value: number, error?: Error) => {
      expect(database.inTransaction).toBe(true);
      database.prepare('INSERT INTO t VALUES (?)').run(value);
      if (error !== undefined) throw error;
      return value;
    });
    expect(add(1)).toBe(1);
    expect(() => add(2, new Error('no'))).toThrow('no');
    expect(database.inTransaction).toBe(false);
    expect(database.prepare('SELECT a FROM t').pluck().all()).toEqual([1]);
    database.close();
  });

  it('reads and sets pragmas', () => {
    const database = open();
    database.pragma('user_version = 7');
    expect(database.pragma('user_version')).toBe(7);
    expect(database.pragma('journal_mode = WAL')).toBe('wal');
    database.close();
  });

  it('names errors as SQLite does', () => {
    const folder = newFolder();
    const path = join(folder, 'some.sqlite');
    const database = open(path);
    database.exec('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1); BEGIN EXCLUSIVE');
    expect(codeOf(() => database.prepare('INSERT INTO t VALUES (1)').run())).toMatch(
      /^SQLITE_CONSTRAINT/,
    );
    expect(codeOf(() => database.prepare('SELECT b FROM t'))).toBe('SQLITE_ERROR');
    const other = open(path);
    expect(
      codeOf(() => {
        other.exec('BEGIN EXCLUSIVE');
      }),
    ).toBe('SQLITE_BUSY');
    other.close();
    database.close();
    const missing = join(folder, 'missing');
    const mustExist = { mustExist: true, timeoutMs: 0 };
    expect(codeOf(() => engine.open(missing, mustExist))).toBe('SQLITE_CANTOPEN');
    const text = join(folder, 'text');
    writeFileSync(text, 'no database at all, but long enough to be looked at: '.repeat(100));
    expect(codeOf(() => open(text).prepare('SELECT * FROM sqlite_schema').get())).toBe(
      'SQLITE_NOTADB',
    );
  });

  it('writes nothing where it only reads', () => {
    const path = join(newFolder(), 'some.sqlite');
    const database = open(path);
    database.exec('CREATE TABLE t (a)');
    database.close();
    const reader = engine.open(path, { isReadOnly: true, timeoutMs: 0 });
    expect(reader.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
    expect(codeOf(() => reader.prepare('INSERT INTO t VALUES (1)').run())).toBe('SQLITE_READONLY');
    reader.close();
  });
});

describe('the program', { timeout: 240_000 }, () => {
  const doctor = async (sqlite: string): Promise<string> => {
    await built();
    const program = join(root, 'bin/duplifs.js');
    const env = { DUPLIFS_SQLITE: sqlite };
    return (await run(process.execPath, [program, 'doctor'], { env })).stdout;
  };

  it('has the one that is shipped', async () => {
    expect(await doctor('shipped')).toMatch(/^ok +sqlite: the build that comes with duplifs/m);
  });

  it('says what to do where there is none', async () => {
    const said = await doctor('none');
    expect(said).toMatch(/sqlite: There is no SQLite by the name "none"/);
    expect(said).toContain('Take Node.js 24 or newer');
  });
});
