import type { Command } from 'commander';
import { exportCommand } from './export.js';
import { generateCommand } from './generate.js';
import { importCommand } from './import.js';
import { listCommand } from './list.js';
import { testCommand } from './test.js';
import { trustCommand } from './trust.js';
import { LazyCommand } from '../../options/index.js';

/** `key`: the keys that backups are encrypted to and signed with, from their making to the proof that they restore. */
export function keyCommand(): Command {
  return new LazyCommand('key')
    .description('make, list, move, trust and try the keys of backups')
    .addCommand(generateCommand())
    .addCommand(listCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(trustCommand())
    .addCommand(testCommand());
}
