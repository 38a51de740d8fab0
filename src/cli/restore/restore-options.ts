import type { SelectionOptions } from '../backup/selection-options.js';
import type { Renaming } from '../options/index.js';
import type { TimeOptions } from '../time-options.js';

/** What commander makes of the options of `restore`. */
export interface RestoreCommandOptions
  extends SelectionOptions, Omit<TimeOptions, 'pathToRestore'> {
  readonly pathToRestore: readonly string[];
  readonly restoreOwnership: boolean;
  readonly sparse: boolean;
  readonly dryRun: boolean;
  readonly rename: readonly Renaming[];
  readonly intoDatedFolder?: string;
  readonly toOriginal: boolean;
  readonly yes: boolean;
}
