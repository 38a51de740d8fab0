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

/** Takes a URL apart; never throws for odd ones but a port that is none. */
export function parseStorageUrl(text: string): StorageUrl {
  const found = /^([\w+-]+):\/\/(.*)$/s.exec(text);
  if (!found) return { scheme: 'file', host: '', path: text, query: noQuery(), rest: text };
  const [, scheme = '', rest = ''] = found;
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const tail = slash < 0 ? '' : rest.slice(slash);
  const at = authority.lastIndexOf('@');
  const query = tail.indexOf('?');
  return {
    scheme: scheme.toLowerCase(),
    ...parseUser(at < 0 ? undefined : authority.slice(0, at)),
    ...parseHost(authority.slice(at + 1), text),
    path: decodePercent(query < 0 ? tail : tail.slice(0, query)),
    query: query < 0 ? noQuery() : new URLSearchParams(tail.slice(query + 1)),
    rest,
  };
}

/** The folder that a `file` URL or a plain path names: `file://rel/path` is relative to `cwd`. */
export function localPath(text: string, cwd: string): string {
  const path = isStorageUrl(text) ? decodePercent(parseStorageUrl(text).rest) : text;
  if (path === '') {
    throw new StorageError('STORAGE_URL', `"${text}" names no folder`, {
      hint: 'Write file:///path/to/folder, or a plain path',
    });
  }
  return resolve(cwd, path);
}

/** The URL for messages: without what may be a password. */
export function publicUrl(text: string): string {
  return text.replace(/^([\w+-]+:\/\/)([^/@:]*):[^/]*@/, '$1$2@');
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

function parseHost(text: string, url: string): { host: string; port?: number } {
  const found = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?(:.*)?$/s.exec(text);
  const [, host = '', digits = ''] = found ?? [undefined, text];
  const bare = decodePercent(host.startsWith('[') ? host.slice(1, -1) : host);
  if (digits === '') return { host: bare };
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return { host: bare, port };
  throw new StorageError('STORAGE_URL', `The port in "${publicUrl(url)}" is none`);
}

function noQuery(): URLSearchParams {
  return new URLSearchParams();
}
