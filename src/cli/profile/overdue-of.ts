/** The warning that no backup was made for too long, by what the profile calls too long. */
import { loadProfile, overdueText } from '../../profiles/index.js';
import type { OptionKeys, RunRecord } from '../../profiles/index.js';

/** Undefined where all is well. A profile that cannot be read has the usual limit. */
export async function overdueOf(
  name: string,
  history: readonly RunRecord[],
  keys: () => OptionKeys,
): Promise<string | undefined> {
  if (history.length === 0) return undefined;
  const profile = await loadProfile(name, keys()).catch(() => ({ name, run: {} }));
  return overdueText(profile, history, Math.floor(Date.now() / 1000));
}
