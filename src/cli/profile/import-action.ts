/** `duplifs profile import FILE`. */
import { DuplifsError, errorText } from '../../base/index.js';
import { importProfile, loadProfile } from '../../profiles/index.js';
import type { ImportOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';
import { writeProfile } from './write-profile.js';

export async function importAction(
  file: string,
  { name, print, force }: ImportOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    const keys = means.keys();
    const imported = await importProfile(file, keys);
    const output = new Output(process.stdout);
    if (print) {
      for (const line of imported.text.trimEnd().split('\n')) await output.line(line);
      await output.end();
    } else {
      const chosen = name ?? imported.name;
      const path = await writeProfile(chosen, imported.text, { force });
      await output.line(`Made "${path}" from ${imported.from}`);
      await output.end();
      await loadProfile(chosen, keys).catch((error: unknown) => {
        throw new DuplifsError('PROFILE', errorText(error), {
          hint: `Mend it: duplifs profile edit ${chosen}`,
        });
      });
    }
    for (const { what, why } of imported.leftOut) log.warn(`Not taken over: ${what}: ${why}`);
    return 0;
  });
}
