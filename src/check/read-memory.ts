/**
 * Which volumes were read and verified on this machine, and when: kept in the archive dir, row by row, so that a run that
 * is interrupted goes on where it stopped, and that shares of successive runs come to all of the backup. A row counts
 * only for the same bytes, and for demands that were no weaker than those of now.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { diskErrorCode, localFailure } from '../base/index.js';
import { openDatabase } from '../sqlite/index.js';
import type { Database, Statement } from '../sqlite/index.js';
import type { LastRead } from './share.js';

/** Its name in the target's folder of the archive dir. */
const memoryName = 'duplifs-checked.sqlite';

/** An interrupted run is gone on with for so long: what it has read by then is still news. */
const resumableSeconds = 7 * 86_400;

const schema = `
  CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, share TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER
  );
  CREATE TABLE IF NOT EXISTS volumes (
    name TEXT PRIMARY KEY, size INTEGER NOT NULL, hash TEXT NOT NULL, demands TEXT NOT NULL,
    read INTEGER NOT NULL, outcome INTEGER NOT NULL, run INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** A volume as it is stored, and what is demanded of it, as text. */
export interface DemandedVolume {
  readonly name: string;
  readonly size: number;
  readonly demands: string;
}

export interface ReadVolumeRow extends DemandedVolume {
  /** That of the manifest; '' where it has none. */
  readonly hash: string;
  readonly outcome: ReadOutcome;
}

/** It was verified, is not what it must be, or could not be fetched. */
export type ReadOutcome = 'verified' | 'faulty' | 'not-fetched';

const outcomes: readonly ReadOutcome[] = ['verified', 'faulty', 'not-fetched'];

interface Row {
  readonly size: number;
  readonly hash: string;
  readonly demands: string;
  readonly read: number;
  readonly outcome: number;
  readonly run: number;
}

export interface ReadRun {
  /** shareText */
  readonly share: string;
  readonly nowSeconds: number;
}

export class ReadMemory {
  readonly #database: Database;
  readonly #find: Statement<[string], Row>;
  readonly #put: Statement;
  readonly #runId: number;
  /** When the run began that is gone on with; undefined for a new one. */
  readonly resumedSeconds: number | undefined;

  /**
   * Opens the memory in a target's folder of the archive dir, and goes on with an interrupted run or begins one.
   * @throws DuplifsError TARGET or NO_SPACE when it cannot be used
   */
  constructor(archiveFolder: string, run: ReadRun) {
    try {
      mkdirSync(archiveFolder, { recursive: true, mode: 0o700 });
      const path = join(archiveFolder, memoryName);
      this.#database = openMemory(path);
      const begun = this.#begin(run);
      this.#runId = begun.id;
      this.resumedSeconds = begun.resumedSeconds;
      this.#find = this.#database.prepare('SELECT * FROM volumes WHERE name = ?');
      this.#put = this.#database.prepare(
        'INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
    } catch (error) {
      throw localFailure(error, use(archiveFolder)) ?? error;
    }
  }

  #begin({ share, nowSeconds }: ReadRun): {
    readonly id: number;
    readonly resumedSeconds: number | undefined;
  } {
    const open = this.#database
      .prepare<[string, number], { id: number; started: number }>(
        `SELECT id, started FROM runs WHERE share = ? AND started > ? AND ended IS NULL
         ORDER BY id DESC LIMIT 1`,
      )
      .get(share, nowSeconds - resumableSeconds);
    if (open !== undefined) return { id: open.id, resumedSeconds: open.started };
    const made = this.#database
      .prepare('INSERT INTO runs (share, started) VALUES (?, ?)')
      .run(share, nowSeconds);
    return { id: Number(made.lastInsertRowid), resumedSeconds: undefined };
  }

  /** What is known of a volume of that size, and, where it is given, that hash. */
  lastRead({ name, size, demands }: DemandedVolume, hash?: string): LastRead | undefined {
    const row = this.#find.get(name);
    if (row?.size !== size || row.demands !== demands) return undefined;
    if (hash !== undefined && row.hash !== hash) return undefined;
    return {
      readSeconds: row.read,
      hasFailed: row.outcome !== 0,
      isOfThisRun: row.run === this.#runId,
    };
  }

  note({ name, size, demands, hash, outcome }: ReadVolumeRow, readSeconds: number): void {
    this.#put.run(name, size, hash, demands, readSeconds, outcomes.indexOf(outcome), this.#runId);
  }

  /** The run has come to its end. Volumes that are no longer stored are forgotten. */
  end(nowSeconds: number, stored: ReadonlySet<string>): void {
    const names = this.#database.prepare<[], string>('SELECT name FROM volumes').pluck().all();
    const forget = this.#database.prepare<[string]>('DELETE FROM volumes WHERE name = ?');
    this.#database.transaction(() => {
      this.#database.prepare('UPDATE runs SET ended = ? WHERE id = ?').run(nowSeconds, this.#runId);
      this.#database.prepare('DELETE FROM runs WHERE id <> ?').run(this.#runId);
      for (const name of names) if (!stored.has(name)) forget.run(name);
    })();
  }

  close(): void {
    this.#database.close();
  }
}

/** A memory that cannot be understood is made anew: what it knew is read again. */
function openMemory(path: string): Database {
  for (let isNew = false; ; isNew = true) {
    const database = openDatabase(path, { timeoutMs: 10_000 });
    try {
      chmodSync(path, 0o600);
      database.pragma('journal_mode = WAL');
      database.exec(schema);
      return database;
    } catch (error) {
      database.close();
      const code = diskErrorCode(error) ?? '';
      if (isNew || !/^SQLITE_(NOTADB|CORRUPT)/.test(code)) throw error;
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    }
  }
}

/** A volume that was not what it must be when it was read last. */
export interface FaultyVolume {
  readonly name: string;
  readonly size: number;
  readonly readSeconds: number;
}

/** Those that this machine knows of; none where nothing is remembered. */
export function faultyVolumes(archiveFolder: string): FaultyVolume[] {
  return (
    withMemory(archiveFolder, (database) =>
      database
        .prepare<[number], FaultyVolume>(
          'SELECT name, size, read AS readSeconds FROM volumes WHERE outcome = ? ORDER BY name',
        )
        .all(outcomes.indexOf('faulty')),
    ) ?? []
  );
}

/** To be called when a volume was made whole: nothing is known of what is stored now. */
export function forgetVolume(archiveFolder: string, name: string): void {
  withMemory(archiveFolder, (database) =>
    database.prepare<[string]>('DELETE FROM volumes WHERE name = ?').run(name),
  );
}

/** Undefined where there is no memory that can be used: it is made when volumes are read. */
function withMemory<T>(archiveFolder: string, work: (database: Database) => T): T | undefined {
  let database: Database | undefined;
  try {
    database = openDatabase(join(archiveFolder, memoryName), { mustExist: true, timeoutMs: 5000 });
    return work(database);
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

function use(archiveFolder: string): { readonly what: string; readonly hint: string } {
  return {
    what: `Cannot note in the archive dir "${archiveFolder}" what was read`,
    hint: 'Choose a folder that can be written, on a disk with room, with --archive-dir',
  };
}
