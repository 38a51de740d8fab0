/**
 * The name of the catalog, the version of its schema, and what its ids mean.
 *
 * Set ids are made of the chain and the position in it (setId): within one chain they ascend with time,
 * so that "the newest version up to this set" is a range of one index.
 */
import { DuplifsError } from '../base/index.js';

/** Its name in the target's folder of the archive dir. */
export const catalogName = 'duplifs-catalog.sqlite';

/** Changes whenever the tables or their meaning change; a catalog of another version is made again. */
export const schemaVersion = 12;

/** The name id of the root folder. */
export const rootId = 1;

/** Positions a chain can have. */
const setsPerChain = 2 ** 20;

export function setId(chain: number, position: number): number {
  if (position >= setsPerChain) throw new DuplifsError('DAMAGED', 'A chain has too many sets');
  return chain * setsPerChain + position;
}

/** The least id that a set of the same chain can have. */
export function fullIdOf(id: number): number {
  return id - (id % setsPerChain);
}

/** The least id that a set of another, later chain can have. */
export function nextChainOf(id: number): number {
  return fullIdOf(id) + setsPerChain;
}

export function chainOf(id: number): number {
  return Math.floor(id / setsPerChain);
}
