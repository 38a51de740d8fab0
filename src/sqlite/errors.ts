/** SQLite's result codes (https://www.sqlite.org/rescode.html), by the lowest eight bits of an extended one. */
const names = new Map([
  [1, 'ERROR'],
  [2, 'INTERNAL'],
  [3, 'PERM'],
  [4, 'ABORT'],
  [5, 'BUSY'],
  [6, 'LOCKED'],
  [7, 'NOMEM'],
  [8, 'READONLY'],
  [9, 'INTERRUPT'],
  [10, 'IOERR'],
  [11, 'CORRUPT'],
  [12, 'NOTFOUND'],
  [13, 'FULL'],
  [14, 'CANTOPEN'],
  [15, 'PROTOCOL'],
  [17, 'SCHEMA'],
  [18, 'TOOBIG'],
  [19, 'CONSTRAINT'],
  [20, 'MISMATCH'],
  [21, 'MISUSE'],
  [22, 'NOLFS'],
  [23, 'AUTH'],
  [24, 'FORMAT'],
  [25, 'RANGE'],
  [26, 'NOTADB'],
]);

/** What SQLite says is wrong; `code` is "SQLITE_BUSY" and the like. */
export class SqliteError extends Error {
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Whether SQLite says so, through whichever library. Its `code` begins with "SQLITE_" and one of the names above. */
export function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('SQLITE_')
  );
}

/** An error of node:sqlite, which has the number of a result in `errcode`, as ours; other errors as they are. */
export function namedError(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const { errcode } = error;
  if (typeof errcode !== 'number') return error;
  return new SqliteError(error.message, `SQLITE_${names.get(errcode & 0xff) ?? errcode}`, error);
}
