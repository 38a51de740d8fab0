/**
 * SQLite by what has the interface of node:sqlite: Node.js itself, or its like for older releases. That gives bytes as
 * Uint8Array, and errors with SQLite's number; here they become Buffers, and errors with SQLite's name.
 */
import { existsSync } from 'node:fs';
import { namedError, SqliteError } from './errors.js';
import { inTransaction } from './transaction.js';
import type { Changes, Database, Engine, OpenOptions, SqliteValue, Statement } from './types.js';

/** What is used of a StatementSync. */
interface NativeStatement {
  get(...parameters: SqliteValue[]): unknown;
  all(...parameters: SqliteValue[]): unknown[];
  iterate(...parameters: SqliteValue[]): IterableIterator<unknown>;
  run(...parameters: SqliteValue[]): Changes;
  setReturnArrays(areArrays: boolean): void;
}

/** What is used of a DatabaseSync. */
interface NativeDatabase {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}

/** The module, as far as it is used. */
export interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => NativeDatabase;
  readonly StatementSync?: { readonly prototype: object };
}

/** @param name for people, without SQLite's version */
export function nodeSqliteEngine(sqlite: NodeSqlite, name: string): Engine {
  const open = (path: string, options: OpenOptions): Database => {
    const { isReadOnly = false, mustExist = isReadOnly, timeoutMs } = options;
    if (mustExist && !existsSync(path)) {
      throw new SqliteError(`There is no database "${path}"`, 'SQLITE_CANTOPEN');
    }
    const database = named(() => new sqlite.DatabaseSync(path, { readOnly: isReadOnly }));
    database.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
    return new NodeDatabase(database);
  };
  const memory = open(':memory:', { timeoutMs: 0 });
  const version = memory.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '';
  memory.close();
  return { name: `${name}, SQLite ${version}`, open };
}

class NodeDatabase implements Database {
  readonly #native: NativeDatabase;

  constructor(native: NativeDatabase) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    return this.#native.isTransaction;
  }

  exec(sql: string): void {
    named(() => {
      this.#native.exec(sql);
    });
  }

  prepare<P extends readonly unknown[], R>(sql: string): Statement<P, R> {
    return new NodeStatement<P, R>(named(() => this.#native.prepare(sql)));
  }

  pragma(text: string): unknown {
    return this.prepare<[], unknown>(`PRAGMA ${text}`).pluck().get();
  }

  transaction<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => T {
    return inTransaction(this, work);
  }

  close(): void {
    this.#native.close();
  }
}

type Form = 'objects' | 'arrays' | 'values';

/* eslint-disable no-restricted-syntax -- as many as a statement has parameters */
class NodeStatement<P extends readonly unknown[], R> implements Statement<P, R> {
  readonly #native: NativeStatement;
  #form: Form = 'objects';

  constructor(native: NativeStatement) {
    this.#native = native;
  }

  raw(): this {
    return this.#setForm('arrays');
  }

  pluck(): this {
    return this.#setForm('values');
  }

  #setForm(form: Form): this {
    this.#form = form;
    this.#native.setReturnArrays(true);
    return this;
  }

  get(...parameters: P): R | undefined {
    try {
      const row = this.#native.get(...(parameters as readonly unknown[] as SqliteValue[]));
      return row === undefined ? undefined : this.#shaped(row);
    } catch (error) {
      throw namedError(error);
    }
  }

  all(...parameters: P): R[] {
    try {
      const rows = this.#native.all(...(parameters as readonly unknown[] as SqliteValue[]));
      for (let at = 0; at < rows.length; at += 1) rows[at] = this.#shaped(rows[at]);
      return rows as R[];
    } catch (error) {
      throw namedError(error);
    }
  }

  *iterate(...parameters: P): IterableIterator<R> {
    try {
      const rows = this.#native.iterate(...(parameters as readonly unknown[] as SqliteValue[]));
      for (const row of rows) yield this.#shaped(row);
    } catch (error) {
      throw namedError(error);
    }
  }

  run(...parameters: P): Changes {
    try {
      return this.#native.run(...(parameters as readonly unknown[] as SqliteValue[]));
    } catch (error) {
      throw namedError(error);
    }
  }

  /** The row as it was asked for, with Buffers. */
  #shaped(row: unknown): R {
    if (this.#form === 'values') return withBuffers(row as unknown[])[0] as R;
    if (this.#form === 'arrays') return withBuffers(row as unknown[]) as R;
    const object = row as Record<string, unknown>;
    for (const [name, value] of Object.entries(object)) {
      if (value instanceof Uint8Array) object[name] = asBuffer(value);
    }
    return object as R;
  }
}

/* eslint-enable no-restricted-syntax */

function withBuffers(row: unknown[]): unknown[] {
  for (let at = 0; at < row.length; at += 1) {
    const value = row[at];
    if (typeof value === 'object' && value !== null) row[at] = asBuffer(value as Uint8Array);
  }
  return row;
}

/** The same memory. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw namedError(error);
  }
}
