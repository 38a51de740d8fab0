/**
 * What SQLite throws, in words for users. A catalog that turns out to be damaged while it is used is
 * removed: the next command makes it again.
 */
import { rmSync } from 'node:fs';
import { DuplifsError } from '../base/index.js';
import { isSqliteError } from '../sqlite/index.js';
import type { Database, Statement } from '../sqlite/index.js';

/** Removes a catalog with the files that SQLite keeps beside it. */
export function removeCatalogFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/** From now on the statements and transactions of the connection throw DuplifsErrors. */
export function guardConnection(connection: Database, path: string): void {
  const guard = <A extends unknown[], R>(call: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      try {
        // eslint-disable-next-line no-restricted-syntax -- as many as a statement has parameters
        return call(...args);
      } catch (error) {
        throw catalogError(error, path);
      }
    };
  };
  const prepare = guard(
    connection.prepare.bind(connection) as (sql: string) => Statement<unknown[]>,
  );
  connection.prepare = ((sql: string) => {
    const statement = prepare(sql);
    statement.run = guard(statement.run.bind(statement));
    statement.get = guard(statement.get.bind(statement));
    statement.all = guard(statement.all.bind(statement));
    return statement;
  }) as typeof connection.prepare;
  const transaction = connection.transaction.bind(connection);
  connection.transaction = (work) => guard(transaction(work));
}

function catalogError(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const details = { cause: error };
  const says = `: ${error.message}`;
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(error.code)) {
    removeCatalogFile(path);
    return new DuplifsError('DAMAGED', `The catalog "${path}" is damaged${says}`, {
      hint: 'It was removed and is made again: run the command again',
      ...details,
    });
  }
  if (error.code.startsWith('SQLITE_FULL')) {
    return new DuplifsError('NO_SPACE', `No room for the catalog "${path}"${says}`, {
      hint: 'Free some space, or choose another folder with --archive-dir',
      ...details,
    });
  }
  if (error.code.startsWith('SQLITE_BUSY')) {
    return new DuplifsError(
      'LOCKED',
      `Another process holds the catalog "${path}"${says}`,
      details,
    );
  }
  return new DuplifsError('TARGET', `The catalog "${path}" cannot be used${says}`, {
    hint: 'Choose another folder with --archive-dir',
    ...details,
  });
}
