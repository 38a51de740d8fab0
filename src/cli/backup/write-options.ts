/** The options of the commands that write backups: duplicity's names and meanings where it has the same. */
import type { Command } from 'commander';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { addGroup } from '../options/index.js';

export { parseWait } from '../options/index.js';

export interface WriteOptions extends CommonOptions {
  readonly encryption: boolean;
  readonly compression: boolean;
  readonly compressionLevel: number;
  readonly encryptKey: readonly string[];
  readonly hiddenEncryptKey: readonly string[];
  readonly volsize: number;
  readonly maxBlocksize: number;
  readonly allowSourceMismatch: boolean;
  readonly allowEmptySource: boolean;
  readonly allowOtherKeys: boolean;
  readonly strict: boolean;
  readonly copyLinks: boolean;
  readonly dryRun: boolean;
  readonly fullIfOlderThan?: string;
  readonly skipIfNoChange: boolean;
  readonly index: boolean;
  readonly filesChanged: boolean;
  readonly printStatistics: boolean;
  readonly json: boolean;
  readonly jsonstat: boolean;
  /** On a terminal by itself; 'lines' where --progress asks for it anywhere. */
  readonly progress: boolean | 'lines';
  readonly progressRate: number;
  readonly failOnVolume?: number;
  readonly skipVolume?: number;
  readonly lockWait: number;
}

/** Adds the options to a command. */
export function addWriteOptions(command: Command): Command {
  return addCommonOptions(addGroup(command, 'write'));
}
