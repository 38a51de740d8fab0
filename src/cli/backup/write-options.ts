/** The options of the commands that write backups: duplicity's names and meanings where it has the same. */
import type { Command } from 'commander';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { addGroup } from '../options/index.js';

export { parseLevel, parseVolumeSize, parseWait } from '../options/index.js';

/** How what is written is encrypted and packed. */
export interface EncodingOptions extends Pick<
  CommonOptions,
  'gpgOptions' | 'signKey' | 'encryptSignKey'
> {
  readonly encryption: boolean;
  readonly compression: boolean;
  readonly compressionLevel: number;
  readonly encryptKey: readonly string[];
  readonly hiddenEncryptKey: readonly string[];
}

/** How a set is written, whatever it is made from. */
export interface SetOptions extends EncodingOptions, CommonOptions {
  readonly volsize: number;
  readonly maxBlocksize: number;
  readonly index: boolean;
  readonly filesChanged: boolean;
  readonly lockWait: number;
}

export interface WriteOptions extends SetOptions {
  readonly allowSourceMismatch: boolean;
  readonly allowEmptySource: boolean;
  readonly allowOtherKeys: boolean;
  readonly strict: boolean;
  readonly copyLinks: boolean;
  readonly dryRun: boolean;
  readonly fullIfOlderThan?: string;
  readonly skipIfNoChange: boolean;
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

/** Adds the options of EncodingOptions to a command. */
export function addEncodingOptions(command: Command): void {
  addGroup(command, 'encoding');
}

/** Adds the options that say to whom something is encrypted. */
export function addRecipientOptions(command: Command): Command {
  return addGroup(command, 'recipients');
}

/** Adds the sizes of volumes and of the blocks of signatures. */
export function addSizeOptions(command: Command): void {
  addGroup(command, 'size');
}

/** Adds what may be left out of a set. */
export function addContentOptions(command: Command): void {
  addGroup(command, 'content');
}

export function addLockWait(command: Command): void {
  addGroup(command, 'lock');
}

/** Adds the options to a command. */
export function addWriteOptions(command: Command): Command {
  return addCommonOptions(addGroup(command, 'write'));
}
