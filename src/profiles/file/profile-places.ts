/** Where profiles lie, and what they may be called. */
import { homedir } from 'node:os';
import { join } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

const systemFolder = '/etc/duplifs';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Whether a text can be the name of a profile; no URL can, and no path with a slash. */
export function isProfileName(text: string): boolean {
  return namePattern.test(text);
}

/** The folders with profiles, the user's own first. */
export function profileFolders(env: Variables = process.env): readonly string[] {
  return [ownProfileFolder(env), systemFolder];
}

/** Where the user's profiles lie: `$XDG_CONFIG_HOME/duplifs`. */
export function ownProfileFolder(env: Variables = process.env): string {
  return join(folderOf(env['XDG_CONFIG_HOME'], '.config'), 'duplifs');
}

/** What is kept of a profile's runs: `$XDG_STATE_HOME/duplifs/NAME`. */
export function stateFolder(name: string, env: Variables = process.env): string {
  return join(folderOf(env['XDG_STATE_HOME'], '.local/state'), 'duplifs', name);
}

/** A path of a profile: "~/" is the home of whoever runs it. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function folderOf(given: string | undefined, below: string): string {
  return given !== undefined && given.startsWith('/') ? given : join(homedir(), below);
}
