/** What duplifs needs of SQLite, whichever library brings it (engine.ts). All of it is synchronous. */

/** A value that a statement takes: numbers below 2^53. */
export type SqliteValue = number | string | Uint8Array | null;

/** What a statement changed. */
export interface Changes {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/**
 * A prepared statement. Rows are objects, unless `raw` or `pluck` was called first; bytes in them are Buffers. P are its
 * parameters, R a row.
 */
export interface Statement<P extends readonly unknown[] = readonly SqliteValue[], R = unknown> {
  /** The first row; undefined when there is none. */
  get(...parameters: P): R | undefined;
  all(...parameters: P): R[];
  /** Nothing else may be done with the connection before the last row was taken or the loop left. */
  iterate(...parameters: P): IterableIterator<R>;
  run(...parameters: P): Changes;
  /** From now on rows are arrays, in the order of the columns. */
  raw(): this;
  /** From now on a row is the value of its first column. */
  pluck(): this;
}

/** An open database. What SQLite finds wrong is thrown as an error whose `code` is SQLite's own name: isSqliteError. */
export interface Database {
  prepare<P extends readonly unknown[] = readonly SqliteValue[], R = unknown>(
    sql: string,
  ): Statement<P, R>;
  /** Runs statements that have no parameters and whose rows nobody wants. */
  exec(sql: string): void;
  /** `name` or `name = value`: the first value of its first row. */
  pragma(text: string): unknown;
  /**
   * A function that runs `work` in a transaction which may write from its beginning: committed when `work` returns, rolled
   * back when it throws. Not within another one.
   */
  transaction<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => T;
  readonly inTransaction: boolean;
  close(): void;
}

export interface OpenOptions {
  /** Without it a database that is not there is made. */
  readonly mustExist?: boolean;
  /** Implies `mustExist`. */
  readonly isReadOnly?: boolean;
  /** How long to wait for a lock of another connection. */
  readonly timeoutMs: number;
}

/** A library that brings SQLite. */
export interface Engine {
  /** As people know it, with the version of SQLite. */
  readonly name: string;
  /** @throws what isSqliteError knows, when there is no such database, or it cannot be opened */
  open(path: string, options: OpenOptions): Database;
}
