/**
 * Storage URLs as duplicity takes them (docs/format/2-behaviour.md 6.1): `scheme://` and then what the
 * scheme wants; anything else is a path. Parts are percent-decoded, as duplicity does.
 */
import { resolve } from 'node:path';
import { StorageError } from './errors.js';

export interface StorageUrl {
  /** In lower case, without "://"; "file" for a plain path. */
  readonly scheme: string;
  readonly user?: string;
  readonly password?: string;
  readonly host: string;
  readonly port?: number;
  /** What follows the host, with its first slash, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** All after "://" as it was written, for schemes with rules of their own. */
  readonly rest: string;
}

/** Whether the text is a URL and not a path. */
export function isStorageUrl(text: string): boolean {
  return /^[\w+-]+:\/\//.test(text);
}

/** Schemes with rules of their own for all that follows. */
const localSchemes = new Set(['file', 'gio+file']);
const withoutHost = new Set([...localSchemes, 'rclone', 'multi']);

/** What stands before "://", in lower case; "file" for a plain path. */
export function schemeOf(text: string): string {
  return isStorageUrl(text) ? text.slice(0, text.indexOf('://')).toLowerCase() : 'file';
}

/** The URL of what lies under recovery data: `par2+file:///folder` is a local one. */
export function withoutPar2(text: string): string {
  return text.replace(/^par2\+(?=[\w+-]+:\/\/)/i, '');
}

/** Whether the URL or path names a folder of this machine: `gio+file` is what Déjà Dup writes. */
export function isLocalUrl(text: string): boolean {
  return localSchemes.has(schemeOf(withoutPar2(text)));
}

/** Takes a URL apart; never throws for odd ones but a port that is none. */
export function parseStorageUrl(text: string): StorageUrl {
  const found = /^([\w+-]+):\/\/(.*)$/s.exec(text);
  if (!found) return { scheme: 'file', host: '', path: text, query: noQuery(), rest: text };
  const [, scheme = '', rest = ''] = found;
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const tail = slash < 0 ? '' : rest.slice(slash);
  const at = authority.lastIndexOf('@');
  const lowered = scheme.toLowerCase();
  const query = tail.indexOf('?');
  return {
    scheme: lowered,
    ...parseUser(at < 0 ? undefined : authority.slice(0, at)),
    ...parseHost(lowered, authority.slice(at + 1), text),
    path: decodePercent(query < 0 ? tail : tail.slice(0, query)),
    query: query < 0 ? noQuery() : new URLSearchParams(tail.slice(query + 1)),
    rest,
  };
}

/** The folder that a `file` URL or a plain path names: `file://rel/path` is relative to `cwd`. */
export function localPath(text: string, cwd: string): string {
  const plain = withoutPar2(text);
  const path = isStorageUrl(plain) ? decodePercent(parseStorageUrl(plain).rest) : plain;
  if (path === '') {
    throw new StorageError('STORAGE_URL', `"${text}" names no folder`, {
      hint: 'Write file:///path/to/folder, or a plain path',
    });
  }
  return resolve(cwd, path);
}

/** The URL of a folder by its whole path, where it is given by one that begins at `cwd`; every other URL as it is. */
export function wholePathUrl(text: string, cwd: string): string {
  const plain = withoutPar2(text);
  const isLocal = !isStorageUrl(plain) || schemeOf(plain) === 'file';
  const path = isStorageUrl(plain) ? parseStorageUrl(plain).rest : plain;
  if (!isLocal || path === '' || path.startsWith('/')) return text;
  const url = `file://${localPath(plain, cwd)}`;
  return plain === text ? url : text.slice(0, text.length - plain.length) + url;
}

/** The URL for messages and lists of processes or mounts: without what may be a password. */
export function publicUrl(text: string): string {
  const rclone = /^((?:par2\+)?rclone:\/\/:?[^:,]+),[^]*$/i.exec(text); // a remote made up on the spot, with its parameters
  if (rclone) return `${rclone[1]}:`;
  if (withoutHost.has(schemeOf(withoutPar2(text)))) return text;
  return text
    .replace(/^([\w+-]+:\/\/)([^/@:]*):[^/]*@/, '$1$2@')
    .replace(/^([\w+-]+:\/\/)([^/@:]*):(?![0-9]{0,5}(?:[/:]|$)).*@/s, '$1$2@');
}

/** Percent-decodes UTF-8; what is no escape stays as it is. */
export function decodePercent(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function parseUser(userinfo: string | undefined): { user?: string; password?: string } {
  if (userinfo === undefined) return {};
  const colon = userinfo.indexOf(':');
  if (colon < 0) return { user: decodePercent(userinfo) };
  return {
    user: decodePercent(userinfo.slice(0, colon)),
    password: decodePercent(userinfo.slice(colon + 1)),
  };
}

/** `host`, `host:port`, `[address]:port`; two colons begin the module of an rsync daemon. */
function parseHost(
  scheme: string,
  authority: string,
  text: string,
): { host: string; port?: number } {
  if (withoutHost.has(scheme)) return { host: '' };
  const found = /^(\[[^\]]*\]|[^:]*)(?::(?!:)(.*?))?(?:::.*)?$/s.exec(authority);
  const [, host = authority, digits = ''] = found ?? [];
  const bare = decodePercent(host.startsWith('[') ? host.slice(1, -1) : host);
  if (digits === '' && found !== null) return { host: bare };
  const port = parsePort(digits);
  if (port !== undefined) return { host: bare, port };
  // what stands there may be a part of a password
  const shown = /^[0-9]+$/.test(digits)
    ? publicUrl(text)
    : `${text.slice(0, text.indexOf('://') + 3)}${host}`;
  throw new StorageError('STORAGE_URL', `The port of "${shown}" is not a number from 1 to 65535`, {
    hint: 'Write scheme://user@host:port/folder; in a password write %3A for ":", %2F for "/" and %40 for "@"',
  });
}

/** The number of a port; undefined when the text is none. */
export function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function noQuery(): URLSearchParams {
  return new URLSearchParams();
}
