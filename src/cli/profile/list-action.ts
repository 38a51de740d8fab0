/** `duplifs profile list`. */
import { errorText, isDuplifsError } from '../../base/index.js';
import {
  lastBackupSeconds,
  listProfiles,
  loadProfile,
  overdueText,
  readHistory,
} from '../../profiles/index.js';
import { publicUrl } from '../../storage/index.js';
import { formatLocalTime } from '../../time/index.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';

export async function listAction(json: boolean, means: ProfileMeans): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    const output = new Output(process.stdout);
    const keys = means.keys();
    const now = Math.floor(Date.now() / 1000);
    for (const [name, folder] of await listProfiles()) {
      const history = await readHistory(name);
      const last = lastBackupSeconds(history);
      try {
        const { source, url, description, run } = await loadProfile(name, keys);
        const shownUrl = typeof url === 'string' ? publicUrl(url) : url && '(secret)';
        if (json) {
          const more = { source, url: shownUrl, description, lastBackupSeconds: last };
          await output.json({ name, folder, ...more });
        } else {
          const places = [source, shownUrl].filter((place) => place !== undefined).join(' -> ');
          const when =
            last === undefined ? 'no backup yet' : `last backup ${formatLocalTime(last)}`;
          await output.line([name, places, when].filter((part) => part !== '').join('  '));
        }
        const overdue = overdueText({ name, run }, history, now);
        if (overdue !== undefined) log.warn(overdue);
      } catch (error) {
        if (!isDuplifsError(error)) throw error;
        if (json) await output.json({ name, folder, error: errorText(error) });
        else await output.line(`${name}  cannot be used: ${errorText(error)}`);
      }
    }
    await output.end();
    return 0;
  });
}
