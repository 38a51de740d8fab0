/**
 * From what mount(8) and mount.fuse3 call a helper with, `url mountpoint [-sfnv] [-o options]`, to the command
 * line of `duplifs mount` (docs/fstab-systemd.md). Pure: the helper runs what comes out.
 */
import { DuplifsError } from '../base/index.js';

export type HelperCall =
  | { readonly kind: 'mount'; readonly argv: readonly string[]; readonly environmentFile?: string }
  /** Asked with "-f" to do everything but the mount. */
  | { readonly kind: 'nothing' };

/** Options of mount(8) and systemd that say nothing to a file system, or that always hold here. */
const ignored = new Set(
  `defaults auto noauto user nouser users owner group _netdev nofail ro rw exec noexec suid nosuid dev nodev
   atime noatime diratime nodiratime relatime norelatime strictatime lazytime nolazytime sync async dirsync
   silent loud default_permissions drop_privileges`.split(/\s+/),
);
const ignoredPrefix = /^(x-|X-|comment=|fsname=|subtype=|helper=|uhelper=)/;
/** Options of our own helper; whatever else is there is an option of `duplifs mount`. */
const environmentFileKey = 'env-file';
const secrets = new Set(['passphrase', 'sign-passphrase', 'password']);
const flagsWithValue = new Set(['-o', '-t', '-N']);

/**
 * Whether `duplifs` itself is called as a helper: for the type "fuse.duplifs", which mounts have in mountinfo,
 * mount.fuse3 runs `duplifs URL MOUNTPOINT -o OPTIONS`. No command has a URL for a name.
 */
export function isHelperCall([source = '', , ...rest]: readonly string[]): boolean {
  return /^\/|:\/\//.test(source) && rest.includes('-o');
}

/**
 * @throws {DuplifsError} USAGE: no URL or mountpoint, a remount, a secret among the options
 */
export function parseHelperCall(parameters: readonly string[]): HelperCall {
  const places: string[] = [];
  const options: string[] = [];
  let fake = false;
  for (let at = 0; at < parameters.length; at += 1) {
    const parameter = parameters[at] ?? '';
    if (flagsWithValue.has(parameter)) {
      at += 1;
      const given = parameter === '-o' ? splitOptions(parameters[at] ?? '') : [];
      for (const option of given) options.push(option);
    } else if (/^-[sfnvr]+$/.test(parameter)) {
      fake ||= parameter.includes('f');
    } else {
      places.push(parameter);
    }
  }
  const [source, mountpoint, ...rest] = places;
  if (source === undefined || mountpoint === undefined || rest.length > 0) {
    throw new DuplifsError('USAGE', 'A URL and a mountpoint are needed', {
      hint: 'Call it as: mount.duplifs URL MOUNTPOINT [-o OPTIONS]',
    });
  }
  if (fake) return { kind: 'nothing' };
  return translate(source.replace(/^duplifs#/, ''), mountpoint, options);
}

function translate(url: string, mountpoint: string, options: readonly string[]): HelperCall {
  const argv: string[] = [];
  let environmentFile: string | undefined;
  for (const option of options) {
    const equals = option.indexOf('=');
    const name = (equals < 0 ? option : option.slice(0, equals)).replaceAll('_', '-');
    const value = equals < 0 ? undefined : option.slice(equals + 1);
    if (option === '' || ignored.has(option) || ignoredPrefix.test(option)) continue;
    refuse(name);
    if (name === environmentFileKey) environmentFile = value;
    else argv.push(value === undefined ? `--${name}` : `--${name}=${value}`);
  }
  const command = ['mount', '--daemon', ...argv, '--', url, mountpoint];
  return environmentFile === undefined
    ? { kind: 'mount', argv: command }
    : { kind: 'mount', argv: command, environmentFile };
}

function refuse(name: string): void {
  if (name === 'remount') {
    throw new DuplifsError('USAGE', 'A mounted backup cannot be remounted', {
      hint: 'Unmount it, and mount it anew',
    });
  }
  if (!secrets.has(name)) return;
  throw new DuplifsError('USAGE', `The mount option "${name}" would show a secret to every user`, {
    hint: `Write PASSPHRASE=… into a file that only its owner can read, and give "${environmentFileKey}=FILE"`,
  });
}

/** Splits at commas; not within double quotes, nor after a backslash. */
export function splitOptions(text: string): string[] {
  const options: string[] = [];
  let option = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && /[\\,"]/.test(text.charAt(at + 1))) {
      at += 1;
      option += text.charAt(at);
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === ',' && !quoted) {
      options.push(option);
      option = '';
    } else {
      option += character;
    }
  }
  return [...options, option];
}

const variable = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/** Reads lines of NAME=value, as systemd's EnvironmentFile= does: quotes around a value are not part of it. */
export function parseEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value = ''] = variable.exec(line.trim()) ?? [];
    if (name === undefined) continue;
    const unquoted = /^(["'])(.*)\1$/.exec(value)?.[2];
    variables[name] = unquoted ?? value;
  }
  return variables;
}
