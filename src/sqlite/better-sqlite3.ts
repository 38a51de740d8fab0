/** SQLite by the package better-sqlite3, whose statements have our interface. */
import type BetterDatabase from 'better-sqlite3';
import { inTransaction } from './transaction.js';
import type { Database, Engine, OpenOptions, Statement } from './types.js';

/** The module. */
export type BetterSqlite = typeof BetterDatabase;

export function betterSqliteEngine(sqlite: BetterSqlite): Engine {
  const open = (path: string, options: OpenOptions): Database => {
    const { isReadOnly = false, mustExist = isReadOnly, timeoutMs } = options;
    const settings = { readonly: isReadOnly, fileMustExist: mustExist, timeout: timeoutMs };
    return new Better(new sqlite(path, settings));
  };
  const memory = open(':memory:', { timeoutMs: 0 }); // its machine code is loaded by the first
  const version = memory.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '';
  memory.close();
  return { name: `better-sqlite3, SQLite ${version}`, open };
}

class Better implements Database {
  readonly #native: BetterDatabase.Database;

  constructor(native: BetterDatabase.Database) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    return this.#native.inTransaction;
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  prepare<P extends readonly unknown[], R>(sql: string): Statement<P, R> {
    return this.#native.prepare(sql) as unknown as Statement<P, R>;
  }

  pragma(text: string): unknown {
    return this.#native.pragma(text, { simple: true });
  }

  transaction<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => T {
    return inTransaction(this, work);
  }

  close(): void {
    this.#native.close();
  }
}
