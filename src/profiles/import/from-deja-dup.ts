/** The settings of Déjà Dup, as `dconf dump /org/gnome/deja-dup/` prints them. */
import type { Draft } from './draft.js';

type Setting = string | number | boolean | readonly string[];

export interface DejaDupPlaces {
  readonly home: string;
  readonly user: string;
}

/** Whether a text is such a dump. */
export function isDconfDump(text: string): boolean {
  return (
    /^\[(?:\/|org\/gnome\/deja-dup)/m.test(text) &&
    /^(?:backend|include-list|exclude-list|periodic|last-)/m.test(text)
  );
}

export function fromDejaDup(text: string, places: DejaDupPlaces, draft: Draft): void {
  const settings = parseDump(text, draft);
  const take = (name: string): Setting | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  // it backs up from the root, and lists what is in it
  draft.values.set('source', '/');
  takeSelection(take, places, draft);
  takePlace(take, settings, draft);
  takeTimes(take, draft);
  draft.leaveOut('the encryption passphrase', 'it is in the keyring: see [secrets] in the profile');
  draft.set('secrets', 'PASSPHRASE', {
    'secret-service': { owner: 'deja-dup', type: 'passphrase' },
  });
  for (const [name, value] of settings) {
    if (/(?:^|\/)(?:last-|prompt-check|nag-check|window-|tool|admin-prompt)/.test(name)) continue;
    if (String(value) !== '') draft.leaveOut(name, 'duplifs has nothing for it');
  }
}

/** By "group/key", or "key" in the first group. */
function parseDump(text: string, draft: Draft): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  let group = '';
  for (const line of text.split('\n')) {
    const header = /^\[(.*)\]$/.exec(line.trim());
    if (header !== null) {
      const path = (header[1] ?? '').replace(/^\/?(?:org\/gnome\/deja-dup)?\/?/, '');
      group = path === '' ? '' : `${path}/`;
      continue;
    }
    const [, key, value = ''] = /^([a-z0-9-]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key === undefined) continue;
    const parsed = parseVariant(value);
    if (parsed === undefined) draft.leaveOut(`${group}${key}`, `"${value}" is not understood`);
    else settings.set(`${group}${key}`, parsed);
  }
  return settings;
}

/** The text form of GVariant: what these settings have of it. */
function parseVariant(text: string): Setting | undefined {
  const bare = text.trim().replace(/^(?:@\w+|u?int\d+|byte)\s+/, '');
  if (bare === 'true' || bare === 'false') return bare === 'true';
  if (/^-?\d+$/.test(bare)) return Number(bare);
  if (/^'|^"/.test(bare)) return unquoted(bare);
  if (!/^\[.*\]$/s.test(bare)) return undefined;
  const strings = bare.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g) ?? [];
  return strings.map(unquoted);
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1');
}

const standardFolders: Readonly<Record<string, string>> = {
  $HOME: '',
  $DOWNLOAD: 'Downloads',
  $DOCUMENTS: 'Documents',
  $DESKTOP: 'Desktop',
  $MUSIC: 'Music',
  $PICTURES: 'Pictures',
  $VIDEO: 'Videos',
  $TEMPLATES: 'Templates',
  $PUBLIC_SHARE: 'Public',
  $TRASH: '.local/share/Trash',
};

function takeSelection(
  take: (name: string) => Setting | undefined,
  { home, user }: DejaDupPlaces,
  draft: Draft,
): void {
  const paths = (value: Setting | undefined, usual: readonly string[]): string[] => {
    const list = Array.isArray(value) ? (value as readonly string[]) : usual;
    return list.map((path) => pathOf(path, home, user));
  };
  const included = paths(take('include-list'), ['$HOME']);
  const excluded = paths(take('exclude-list'), ['$TRASH', '$DOWNLOAD']);
  // what it leaves out by itself
  const always = ['.cache', '.local/share/gvfs-metadata', '.xsession-errors', '.thumbnails'];
  for (const value of always) {
    draft.selection.push({ kind: 'exclude', value: `${home}/${value}` });
  }
  for (const value of excluded) draft.selection.push({ kind: 'exclude', value });
  for (const value of included) draft.selection.push({ kind: 'include', value });
  draft.selection.push({ kind: 'exclude', value: '**' });
}

function pathOf(path: string, home: string, user: string): string {
  const [first = '', ...rest] = path.split('/');
  const folder = standardFolders[first];
  const root = folder === undefined ? undefined : [home, folder].filter((one) => one !== '');
  if (root !== undefined) return [...root, ...rest].join('/');
  const named = path.replaceAll('$USER', user);
  return named.startsWith('/') ? named : `${home}/${named}`;
}

function takePlace(
  take: (name: string) => Setting | undefined,
  settings: ReadonlyMap<string, Setting>,
  draft: Draft,
): void {
  const backend = take('backend');
  const text = (name: string): string => {
    const value = take(name);
    return typeof value === 'string' ? value : '';
  };
  const folder = (text(`${String(backend)}/folder`) || text('local/folder')).replace(
    /^\/+(?=.)/,
    '',
  );
  switch (backend) {
    case 'local': {
      const path = settings.has('local/folder') ? text('local/folder') : folder;
      draft.values.set('url', `file://${path.startsWith('/') ? path : `/${path}`}`);
      return;
    }
    case 'remote': {
      const uri = text('remote/uri').replace(/\/+$/, '');
      draft.values.set('url', folder === '' ? uri : `${uri}/${folder}`);
      if (!/^(?:file|sftp|ssh|ftp|davs?):/.test(uri)) {
        draft.leaveOut(`remote/uri=${uri}`, 'duplifs may not know this kind of storage');
      }
      return;
    }
    default:
      draft.leaveOut(`backend=${String(backend ?? 'auto')}`, 'set url = "…" in the profile');
  }
}

function takeTimes(take: (name: string) => Setting | undefined, draft: Draft): void {
  const days = take('delete-after');
  if (typeof days === 'number' && days > 0) draft.set('retention', 'remove-older-than', `${days}D`);
  const full = take('full-backup-period');
  if (typeof full === 'number' && full > 0) draft.values.set('full-if-older-than', `${full}D`);
  const [isPeriodic, period] = [take('periodic'), take('periodic-period')];
  if (isPeriodic !== true) return;
  draft.set('schedule', 'every', typeof period === 'number' && period >= 7 ? 'weekly' : 'daily');
}
