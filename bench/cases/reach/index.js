/**
 * What a read costs: the table of promises, a case for each row. `--only reach` runs all, `--only reach/NAME` one.
 * Bytes and requests are those that the counting server sees, CPU seconds are of the whole process tree, and
 * peaks of memory too; whoever is compared with takes turns in the same run.
 */
import { firstBytes, wholeFile } from './changes.js';
import { foreignFile, foreignLargeFile } from './foreign.js';
import { listFiles, status, verify } from './commands.js';
import { firstListing, firstListingOfSets } from './listing.js';
import { backupOfEntries, backupOfLargeFile, backupOfSets, mountOfSets } from './memory.js';
import { everything, throughMount } from './reading.js';
import { coldReady } from './ready.js';
import { again, whole } from './writing.js';

/** @type {Record<string, (context: import('../../run.js').Context) => Promise<import('../../support/contest.js').Result[]>>} */
export const reach = {
  'reach/first-bytes': firstBytes,
  'reach/whole-file': wholeFile,
  'reach/foreign-file': foreignFile,
  'reach/list-1m': firstListing(1_000_000),
  'reach/list-3m': firstListing(3_000_000),
  'reach/list-sets': firstListingOfSets,
  'reach/mount-memory': mountOfSets,
  'reach/backup-memory-large': backupOfLargeFile,
  'reach/backup-memory-sets': backupOfSets,
  'reach/backup-memory-entries': backupOfEntries,
  'reach/status': status,
  'reach/list-files': listFiles,
  'reach/verify': verify,
  'reach/foreign-large': foreignLargeFile,
  'reach/restore': everything,
  'reach/incremental': again,
  'reach/full': whole,
  'reach/tar': throughMount,
  'reach/ready': coldReady,
};
