/**
 * Which library brings SQLite. Node.js has it itself from 22.16 on, with all that is used here, and is as fast with it as
 * better-sqlite3. Before that it is better-sqlite3, where it is installed, or else a build that comes with duplifs and
 * keeps to Node-API (scripts/bundle.js lays it beside the program). DUPLIFS_SQLITE names one of them, for tests.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DuplifsError } from '../base/index.js';
import { betterSqliteEngine } from './better-sqlite3.js';
import type { BetterSqlite } from './better-sqlite3.js';
import { nodeSqliteEngine } from './node-sqlite.js';
import type { NodeSqlite } from './node-sqlite.js';
import type { Database, Engine, OpenOptions } from './types.js';

const require = createRequire(import.meta.url);

/** In the order in which they are tried; undefined where one is not there. */
const engines: Readonly<Record<string, () => Engine | undefined>> = {
  node: nodeEngine,
  'better-sqlite3': betterEngine,
  shipped: shippedEngine,
};

let found: Engine | undefined;

/**
 * The library that this process takes: one, for locks of one process know nothing of those of another library in it.
 *
 * @throws DuplifsError SQLITE where there is none
 */
export function sqliteEngine(): Engine {
  found ??= findEngine(process.env.DUPLIFS_SQLITE);
  return found;
}

/**
 * Opens a database, or makes it.
 *
 * @throws DuplifsError SQLITE where nothing brings SQLite, and what isSqliteError knows
 */
export function openDatabase(path: string, options: OpenOptions): Database {
  return sqliteEngine().open(path, options);
}

function findEngine(wanted: string | undefined): Engine {
  const tried = wanted === undefined ? Object.keys(engines) : [wanted];
  for (const name of tried) {
    const engine = engines[name]?.();
    if (engine !== undefined) return engine;
  }
  throw new DuplifsError(
    'SQLITE',
    wanted === undefined
      ? `Node.js ${process.version} has no SQLite here, which the catalog of a backup needs`
      : `There is no SQLite by the name "${wanted}" (DUPLIFS_SQLITE) here`,
    {
      hint: 'Take Node.js 24 or newer, or install better-sqlite3 beside duplifs: npm install -g better-sqlite3@12',
    },
  );
}

function nodeEngine(): Engine | undefined {
  const sqlite = withoutWarning(() => builtIn('node:sqlite'));
  if (sqlite === undefined || !hasArrays(sqlite)) return undefined;
  return nodeSqliteEngine(sqlite, `Node.js ${process.version}`);
}

/** A module of Node.js itself; undefined where it has none by that name. */
function builtIn(name: string): NodeSqlite | undefined {
  const { getBuiltinModule: get } = process as { getBuiltinModule?: (name: string) => unknown };
  return get?.(name) as NodeSqlite | undefined;
}

/** Rows as arrays came later than the module. */
function hasArrays({ StatementSync }: NodeSqlite): boolean {
  return StatementSync !== undefined && 'setReturnArrays' in StatementSync.prototype;
}

/** Node.js 22 says that its SQLite is an experiment, to whoever runs a program that uses it. */
function withoutWarning<T>(work: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function betterEngine(): Engine | undefined {
  try {
    return betterSqliteEngine(require('better-sqlite3') as BetterSqlite);
  } catch {
    return undefined; // it is not installed, or is compiled for another Node.js
  }
}

function shippedEngine(): Engine | undefined {
  const file = `../native/sqlite-${process.platform}-${process.arch}.node`;
  try {
    const sqlite = require(fileURLToPath(new URL(file, import.meta.url))) as NodeSqlite;
    return nodeSqliteEngine(sqlite, 'the build that comes with duplifs');
  } catch {
    return undefined; // another system, or another libc
  }
}
