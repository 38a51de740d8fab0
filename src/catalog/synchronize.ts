/**
 * Makes the catalog's sets those that the storage has now: new sets get ids behind their chain's last,
 * sets that vanished or were replaced are forgotten with all that was known of them.
 *
 * No id is ever given to another set: a mount that is up may still know the old one.
 */
import type { BackupSet } from '../archive/index.js';
import { formatPolicy, isAsStrict } from './proof-policy.js';
import type { ProofPolicy } from './proof-policy.js';
import { pruneRemovedSets } from './prune.js';
import { chainOf, setId } from './schema.js';
import type { Connection } from './schema.js';

/** How a set is told from another one of the same name, and what its rows must have been proven under. */
export interface SetIdentity {
  /** Name and size of the manifest as stored: if it changes, it is another set. */
  readonly fingerprint: (set: BackupSet) => string;
  readonly policy: (set: BackupSet) => ProofPolicy;
}

/**
 * Returns the ids of the sets by their keys. A set keeps its id as long as its fingerprint and all sets
 * before it in its chain stay the same, and were proven under demands that are as strict as those of now.
 */
export async function synchronizeSets(
  connection: Connection,
  chains: readonly (readonly BackupSet[])[],
  identity: SetIdentity,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const step = connection.transaction(() => {
    const { kept, gone, added } = compare(connection, chains, identity);
    remove(connection, gone);
    const isPruned =
      connection.prepare('SELECT 1 FROM removed_sets LIMIT 1').pluck().get() === undefined;
    return isPruned ? new Map([...kept, ...add(connection, added, identity)]) : undefined;
  });
  for (;;) {
    const ids = step();
    if (ids !== undefined) return ids;
    // rows of removed sets lie between those of the others, so they must be gone before more come
    await pruneRemovedSets(connection, signal);
  }
}

interface Added {
  readonly set: BackupSet;
  /** The chain that the set joins; undefined for one that begins with it or with the set before. */
  readonly chain: number | undefined;
  /** Whether it is the first of its chain: a full, or an incremental whose base is lost. */
  readonly isFirst: boolean;
}

interface Comparison {
  readonly kept: ReadonlyMap<string, number>;
  readonly gone: readonly number[];
  readonly added: readonly Added[];
}

function compare(
  connection: Connection,
  chains: readonly (readonly BackupSet[])[],
  { fingerprint, policy }: SetIdentity,
): Comparison {
  const rows = connection
    .prepare<[], { id: number; key: string; fingerprint: string; policy: string }>(
      'SELECT id, key, fingerprint, policy FROM sets',
    )
    .all();
  const known = new Map(rows.map((row) => [row.key, row]));
  const kept = new Map<string, number>();
  const added: Added[] = [];
  for (const sets of chains) {
    let chain: number | undefined;
    let last = -1;
    let same = true;
    for (const set of sets) {
      const row = known.get(set.key);
      same &&=
        row?.fingerprint === fingerprint(set) &&
        isAsStrict(row.policy, policy(set)) &&
        row.id > last &&
        (chain === undefined ? row.key === sets[0]?.key : chainOf(row.id) === chain);
      if (same && row !== undefined) {
        kept.set(set.key, row.id);
        last = row.id;
        chain = chainOf(row.id);
      } else {
        added.push({ set, chain, isFirst: set === sets[0] });
      }
    }
  }
  const ids = new Set(kept.values());
  return { kept, gone: rows.map(({ id }) => id).filter((id) => !ids.has(id)), added };
}

function remove(connection: Connection, ids: readonly number[]): void {
  const statements = [
    'DELETE FROM sets WHERE id = ?',
    'DELETE FROM volumes WHERE set_id = ?',
    'DELETE FROM packed_entries WHERE set_id = ?',
    'DELETE FROM delta_maps WHERE set_id = ?',
    'DELETE FROM volume_tables WHERE set_id = ?',
    'DELETE FROM seek_points WHERE set_id = ?',
    'INSERT OR IGNORE INTO removed_sets VALUES (?)',
  ].map((sql) => connection.prepare<[number]>(sql));
  for (const id of ids) for (const statement of statements) statement.run(id);
}

/** Notes that rows of a set were written which is no longer there; the next listing removes them. */
export function leaveToPrune(connection: Connection, id: number): void {
  connection.prepare('INSERT OR IGNORE INTO removed_sets VALUES (?)').run(id);
}

function add(
  connection: Connection,
  added: readonly Added[],
  { fingerprint, policy }: SetIdentity,
): [key: string, id: number][] {
  const newChain = connection.prepare('INSERT INTO chains DEFAULT VALUES');
  const nextPosition = connection
    .prepare<[number], number>(
      'UPDATE chains SET next_position = next_position + 1 WHERE id = ? RETURNING next_position - 1',
    )
    .pluck();
  const insert = connection.prepare(
    `INSERT INTO sets (id, key, kind, start_seconds, end_seconds, fingerprint, policy)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  let begun = 0;
  return added.map(({ set, chain, isFirst }) => {
    const { times } = set;
    if (isFirst) begun = Number(newChain.run().lastInsertRowid);
    const joined = chain ?? begun;
    const id = setId(joined, nextPosition.get(joined) ?? 0);
    const start = times.kind === 'full' ? times.endSeconds : times.startSeconds;
    const proof = formatPolicy(policy(set));
    insert.run(id, set.key, times.kind, start, times.endSeconds, fingerprint(set), proof);
    return [set.key, id];
  });
}

/** Forgets what a fill that did not end has written for a set. */
export function clearListing(connection: Connection, id: number): void {
  connection.prepare('DELETE FROM versions WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM packed_entries WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM pieces WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM delta_maps WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM cuts WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM volume_tables WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM seek_points WHERE set_id = ?').run(id);
  connection.prepare('UPDATE volumes SET catalogued = 0 WHERE set_id = ?').run(id);
}
