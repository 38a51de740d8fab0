/**
 * Holds what a set's sigtar says against the volumes that were recorded: what they hold and the sigtar does not tell
 * is told and shown; what the sigtar alone has deleted is shown again.
 */
import { setImmediate } from 'node:timers/promises';
import type { Report } from '../base/index.js';
import type { Catalog } from './catalog.js';
import { provenStates } from './entry-writer.js';
import type { EntryWriter } from './entry-writer.js';
import type { CatalogEvent } from './events.js';
import { ImpliedFolders } from './implied-folders.js';
import type { KnownSets } from './known-sets.js';
import type { SetVolume, SetVolumes } from './set-volumes.js';

export interface HoldAgainstOptions {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly known: KnownSets;
  readonly report: Report<CatalogEvent>;
  /** Is given each path that turned out to be otherwise than the sigtar says. */
  readonly onNews: (path: string) => void;
}

const namesPerStep = 500;

/** To be called when all of `volume`, one of `volumes`, is in the catalog. */
export async function holdAgainst(
  options: HoldAgainstOptions,
  volume: SetVolume,
  volumes: SetVolumes,
): Promise<void> {
  const { setId } = volume;
  const added = await tellNews(options, volume);
  const isSetRecorded = volumes.isRecorded;
  const undeleted = isSetRecorded ? await dropDeletions(options, setId) : undefined;
  const set = options.known.find(setId);
  for (const found of [added, undeleted]) {
    if (found === undefined || set === undefined) continue;
    options.report({
      level: 'warning',
      code: 'signatures-disagree',
      name: options.catalog.listOf(setId)?.name ?? '',
      setKey: set.key,
      volume: volume.name ?? '',
      ...found,
    });
  }
}

interface Told {
  readonly count: number;
  /** The first of them. */
  readonly path: string;
}

/** Makes the news of a set proven rows, with the folders that they need. */
async function tellNews(options: HoldAgainstOptions, volume: SetVolume): Promise<Told | undefined> {
  const { catalog, writer, known, report } = options;
  const { setId } = volume;
  const set = known.find(setId);
  const implied = set && new ImpliedFolders({ catalog, writer, set });
  const settle = catalog.connection.prepare<[number, number]>(
    `UPDATE versions SET proven = ${provenStates.proven} WHERE name_id = ? AND set_id = ?`,
  );
  const news = `proven = ${provenStates.news}`;
  const told = await eachRow(options, setId, news, (id) => {
    implied?.checkParent(catalog.nameOf(id)?.parent ?? 0);
    settle.run(id, setId);
  });
  if (told === undefined || set === undefined) return told;
  const found = await implied?.finish();
  const setKey = set.key;
  for (const path of found?.implied ?? []) {
    report({ level: 'warning', code: 'folder-without-entry', setKey, path });
  }
  for (const path of found?.hidden ?? []) {
    report({ level: 'warning', code: 'entries-below-no-folder', setKey, path });
  }
  return told;
}

/** Drops the deletions that only the sigtar has, now that all volumes of the set are known. */
async function dropDeletions(
  options: HoldAgainstOptions,
  setId: number,
): Promise<Told | undefined> {
  const drop = options.catalog.connection.prepare<[number, number]>(
    'DELETE FROM versions WHERE name_id = ? AND set_id = ?',
  );
  const deletions = `proven = ${provenStates.hint} AND kind = 0`;
  return eachRow(options, setId, deletions, (id) => drop.run(id, setId));
}

/** Works through rows of a set that are not proven, some in one transaction; `work` must end that they are `those`. */
async function eachRow(
  { catalog, onNews }: HoldAgainstOptions,
  setId: number,
  those: string,
  work: (id: number) => void,
): Promise<Told | undefined> {
  const some = catalog.connection
    .prepare<[number], number>(
      `SELECT name_id FROM versions WHERE set_id = ? AND ${those} AND proven <> 1
       ORDER BY name_id LIMIT ${namesPerStep}`,
    )
    .pluck();
  let told: Told | undefined;
  const step = catalog.connection.transaction(() => {
    const ids = some.all(setId);
    for (const id of ids) {
      const path = catalog.pathOf(id);
      work(id);
      onNews(path);
      told = { count: (told?.count ?? 0) + 1, path: told?.path ?? path };
    }
    return ids.length;
  });
  while (step() === namesPerStep) await setImmediate();
  return told;
}
