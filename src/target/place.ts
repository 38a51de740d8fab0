import type { NamePrefixes } from '../archive/index.js';
import type { Storage } from '../storage/index.js';

/** Where a target's files are. */
export interface TargetPlace {
  readonly storage: Storage;
  /** The target's folder in the archive dir. */
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
}
