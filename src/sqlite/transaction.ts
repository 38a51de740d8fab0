import type { Database } from './types.js';

/** Database.transaction, in SQL. */
export function inTransaction<A extends unknown[], T>(
  database: Pick<Database, 'exec' | 'inTransaction'>,
  work: (...args: A) => T,
): (...args: A) => T {
  return (...args) => {
    database.exec('BEGIN IMMEDIATE');
    let result: T;
    try {
      // eslint-disable-next-line no-restricted-syntax -- as many as the work has
      result = work(...args);
      database.exec('COMMIT');
    } catch (error) {
      // SQLite itself rolls back after some errors
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
    return result;
  };
}
