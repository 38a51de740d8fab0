/**
 * How to reach a host: what ssh would take from the URL, from `--ssh-options`, `~/.ssh/config` and
 * `/etc/ssh/ssh_config`, in this order (ssh_config(5)). Options that are not named here have no effect.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import sshConfig from 'ssh-config';
import { isDuplifsError, splitWords } from '../../base/index.js';
import { StorageError } from '../errors.js';
import { parsePort } from '../url.js';

export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The host as it was asked for, before any HostName. */
  readonly asked: string;
  /** The name of the key in known_hosts: HostKeyAlias as it stands, else the host, as "[host]:port" where that is not 22. */
  readonly knownAs: string;
  /** Where there is no key of that name: the host without its port, unless there is an alias. */
  readonly elseKnownAs: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** False: an unknown (never a changed) key is taken and noted. */
  readonly strict: boolean;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** The path of the agent's socket. */
  readonly agent?: string | undefined;
  /** A command whose input and output are the connection. */
  readonly proxyCommand?: string | undefined;
}

export interface SettingsInputs {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** As on ssh's command line: "-oKey=value", "-i file", "-p port". */
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Settings = ReadonlyMap<string, readonly string[]>;

const maxConfigBytes = 1024 * 1024;
const maxIncludes = 100;

export function sshSettings(inputs: SettingsInputs): SshSettings {
  const { env } = inputs;
  const home = env['HOME'] ?? homedir();
  const given = commandLine(inputs.options);
  const settings = new Map<string, readonly string[]>(given);
  const configFile = given.get('configfile')?.[0]?.replace(/^~(?=\/|$)/, home);
  for (const text of configTexts(configFile, home)) {
    for (const [key, values] of computed(text, inputs)) {
      if (key === 'identityfile') settings.set(key, [...(settings.get(key) ?? []), ...values]);
      else if (!settings.has(key)) settings.set(key, values);
    }
  }
  const one = (key: string): string | undefined => settings.get(key)?.[0];
  const host = (one('hostname') ?? inputs.host).replaceAll('%h', inputs.host);
  const user = inputs.user ?? one('user') ?? localUser(env);
  const port = inputs.port ?? toPort(one('port')) ?? 22;
  const alias = one('hostkeyalias');
  const expand = (path: string): string => expandPath(path, { home, host, user, port, env });
  const agent = agentPath(one('identityagent'), env);
  const proxy = proxyCommand(one('proxycommand'), one('proxyjump'), configFile);
  return {
    host,
    port,
    user,
    asked: inputs.host,
    knownAs: alias ?? (port === 22 ? host : `[${host}]:${port}`),
    elseKnownAs: alias === undefined && port !== 22 ? host : undefined,
    knownHostsFiles: [
      ...(settings.get('userknownhostsfile') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
      ...(settings.get('globalknownhostsfile') ?? ['/etc/ssh/ssh_known_hosts']),
    ].map(expand),
    strict: !['no', 'off', 'accept-new'].includes(one('stricthostkeychecking') ?? 'ask'),
    identityFiles: (settings.get('identityfile') ?? defaultIdentities).map(expand),
    identitiesOnly: one('identitiesonly')?.toLowerCase() === 'yes',
    agent: agent === undefined ? undefined : expand(agent),
    proxyCommand: proxy === undefined ? undefined : expand(proxy),
  };
}

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

/** The options of ssh's command line that are understood here. */
function commandLine(options: readonly string[]): Map<string, string[]> {
  const words = options.flatMap((text) => splitWords(text, '--ssh-options'));
  const settings = new Map<string, string[]>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const letter = /^-([oiplFJ])/.exec(word)?.[1];
    if (letter === undefined) {
      throw new StorageError('STORAGE_URL', `"${word}" in --ssh-options is not understood`, {
        hint: 'Write -oKey=value, as in ssh_config(5); also -i, -p, -l, -F and -J',
      });
    }
    const text = word.length > 2 ? word.slice(2) : (words[(at += 1)] ?? '');
    const assignment = letter === 'o' ? /^([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/s.exec(text) : undefined;
    const key = assignment?.[1]?.toLowerCase() ?? longNames[letter] ?? '';
    const value = assignment?.[2] ?? text;
    if (key === 'identityfile') settings.set(key, [...(settings.get(key) ?? []), value]);
    else if (!settings.has(key)) settings.set(key, isOneWord(key) ? [value] : value.split(/\s+/));
  }
  return settings;
}

function isOneWord(key: string): boolean {
  return key === 'proxycommand' || key === 'configfile';
}

const longNames: Readonly<Record<string, string>> = {
  i: 'identityfile',
  p: 'port',
  l: 'user',
  F: 'configfile',
  J: 'proxyjump',
};

function computed(text: string, { host, user }: SettingsInputs): Settings {
  const options = user === undefined ? { Host: host } : { Host: host, User: user };
  const found = sshConfig.parse(text).compute(options, { ignoreCase: true });
  const settings = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(found)) {
    settings.set(key, typeof value === 'string' ? [value] : value);
  }
  if (user !== undefined) settings.delete('user');
  return settings;
}

function configTexts(given: string | undefined, home: string): string[] {
  if (given === 'none') return [];
  if (given !== undefined && !existsSync(given)) {
    throw new StorageError(
      'STORAGE_URL',
      `The file "${given}" of -F in --ssh-options is not there`,
      {
        hint: 'Name the configuration file of ssh by its whole path',
      },
    );
  }
  const files = given === undefined ? [join(home, '.ssh/config'), '/etc/ssh/ssh_config'] : [given];
  return files.map((file) => included(file, join(home, '.ssh'), { left: maxIncludes }));
}

/** What an Include line names. Quotes that do not match are taken as they are: the file was not written for us. */
function includedPatterns(text: string, file: string): string[] {
  try {
    return splitWords(text, `"${file}"`);
  } catch (error) {
    if (!isDuplifsError(error, 'USAGE')) throw error;
    return text.trim().split(/\s+/);
  }
}

/** The text of a configuration file with what it includes in place. */
function included(file: string, folder: string, budget: { left: number }): string {
  budget.left -= 1;
  if (budget.left < 0) return '';
  return readText(file).replaceAll(/^[ \t]*Include[ \t=]+(.+)$/gim, (_line, patterns: string) =>
    includedPatterns(patterns, file)
      .flatMap((pattern) => globbed(pattern.replace(/^~\//, `${dirname(folder)}/`), folder))
      .map((path) => included(path, folder, budget))
      .join('\n'),
  );
}

/** The files that a pattern with `*` and `?` in its last part names. */
function globbed(pattern: string, folder: string): string[] {
  const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
  if (!/[*?]/.test(path)) return [path];
  const source = basename(path).replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  const names = new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  try {
    const found = readdirSync(dirname(path)).filter((name) => names.test(name));
    return found.sort().map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, maxConfigBytes);
  } catch {
    return '';
  }
}

/**
 * ProxyJump is done by the ssh program, which does the same with itself: the jump gets the configuration file, and finds
 * its own keys and known hosts there.
 */
function proxyCommand(
  command: string | undefined,
  jump: string | undefined,
  configFile: string | undefined,
): string | undefined {
  if (command !== undefined) return command.toLowerCase() === 'none' ? undefined : command;
  if (jump === undefined || jump.toLowerCase() === 'none') return undefined;
  const [first = '', ...more] = jump.split(',').reverse();
  const [, user = '', host = '', port] =
    /^(?:ssh:\/\/)?((?:.*@)?)(.*?)(?::([0-9]+))?\/?$/.exec(first) ?? [];
  const words = [
    ...(configFile === undefined ? [] : ['-F', quoted(withoutTokens(configFile))]),
    ...(more.length === 0 ? [] : ['-J', quoted(more.reverse().join(','))]),
    ...(port === undefined ? [] : ['-p', port]),
    '-W',
    "'[%h]:%p'",
    '--',
    quoted(`${user}${host.replace(/^\[(.*)\]$/, '$1')}`),
  ];
  return `ssh ${words.join(' ')}`;
}

/** As one word for the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What the tokens of ssh_config(5) leave as it is. */
function withoutTokens(path: string): string {
  return path.replaceAll('%', '%%');
}

function agentPath(configured: string | undefined, env: SettingsInputs['env']): string | undefined {
  if (configured?.toLowerCase() === 'none') return undefined;
  const path =
    configured === undefined || configured === 'SSH_AUTH_SOCK' ? env['SSH_AUTH_SOCK'] : configured;
  return path === '' ? undefined : path;
}

interface Tokens {
  readonly home: string;
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly env: SettingsInputs['env'];
}

/** `~`, `${VARIABLE}` and the tokens of ssh_config(5), "TOKENS". */
function expandPath(text: string, { home, host, user, port, env }: Tokens): string {
  return text
    .replace(/^~(?=\/|$)/, home)
    .replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name: string) => env[name] ?? '')
    .replaceAll(/%([%dhpru])/g, (_all, token: string) => {
      const values = { '%': '%', d: home, h: host, p: String(port), r: user, u: localUser(env) };
      return values[token as keyof typeof values];
    });
}

function localUser(env: SettingsInputs['env']): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'root';
  }
}

function toPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = parsePort(text);
  if (port !== undefined) return port;
  throw new StorageError('STORAGE_URL', `The port "${text}" is not a number from 1 to 65535`, {
    hint: 'Mend it in the URL, in --ssh-options or in the configuration of ssh',
  });
}
