/** "duplifs doctr file:///backup" is a line without a verb, which means a backup of a folder "doctr"; hardly ever is it one. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { DuplifsError, encodeName, nearest } from '../../base/index.js';

/** @throws DuplifsError USAGE where a source that no verb stands before is no file and nearly the name of a command */
export async function refuseMistyped(program: Command, source: string): Promise<void> {
  if (source.includes('/') || existsSync(encodeName(source))) return;
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const near = await nearest(source, names);
  if (near === undefined) return;
  throw new DuplifsError('USAGE', `There is no command "${source}", and no folder to back up`, {
    hint: `Did you mean "${near}"?`,
  });
}
