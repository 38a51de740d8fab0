/** `duplifs profile show NAME`: the profile as one file, with a mark for each secret that stands in it. */
import { Draft, draftText, loadProfile, selectionKeys } from '../../profiles/index.js';
import type { GivenOption, Profile } from '../../profiles/index.js';
import { publicUrl } from '../../storage/index.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';

type TomlValue = Parameters<Draft['set']>[2];

const mark = '(hidden)';

export async function showAction(name: string, means: ProfileMeans): Promise<void> {
  await runCommand(defaultVerbosity, async () => {
    const profile = await loadProfile(name, means.keys());
    const output = new Output(process.stdout);
    const text = draftText(draftOf(profile), [`From ${profile.files.join(', ')}`]);
    for (const line of text.trimEnd().split('\n')) await output.line(line);
    await output.end();
    return 0;
  });
}

function draftOf(profile: Profile): Draft {
  const draft = new Draft();
  const { description, source, url, mountpoint } = profile;
  for (const [key, value] of Object.entries({ description, source, mountpoint })) {
    if (value !== undefined) draft.values.set(key, value);
  }
  if (url !== undefined) draft.values.set('url', typeof url === 'string' ? publicUrl(url) : url);
  for (const option of profile.options) {
    if (selectionKeys.has(option.key)) addRules(draft, option);
    else draft.values.set(option.key, valueOf(option));
  }
  for (const [name, secret] of Object.entries(profile.secrets)) {
    draft.set('secrets', name, typeof secret === 'string' ? mark : secret);
  }
  const { environment, retention, run, log, schedule } = profile;
  for (const [table, values] of Object.entries({ environment, retention, run, log, schedule })) {
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) draft.set(table, key, value as TomlValue);
    }
  }
  for (const [command, options] of profile.commandOptions) {
    for (const option of options) draft.set(command, option.key, valueOf(option));
  }
  for (const notice of profile.notify) draft.notices.push(withoutSecrets(notice));
  return draft;
}

function addRules(draft: Draft, { key, values }: GivenOption): void {
  if (typeof values === 'boolean') draft.selection.push({ kind: key, value: true });
  else for (const value of values) draft.selection.push({ kind: key, value });
}

function valueOf({ key, values }: GivenOption): TomlValue {
  if (typeof values === 'boolean') return values;
  if (key === 'webdav-headers') return mark;
  const [first = ''] = values;
  return values.length === 1 ? first : values;
}

/** Whoever knows the URL of a hook can call it. */
function withoutSecrets(notice: Profile['notify'][number]): Record<string, TomlValue> {
  const hidden = new Set(['url', 'token', 'password', 'smtp', 'headers']);
  const entries = Object.entries(notice).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const isSource = typeof value === 'object' && !Array.isArray(value) && key !== 'headers';
      return [key, hidden.has(key) && !isSource ? mark : (value as TomlValue)];
    }),
  );
}
