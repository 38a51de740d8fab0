import { encodeName, hasEscapes } from '../../base/index.js';

/** A path for the system: names that are not UTF-8 have to be given as bytes. */
export function systemPath(path: string): string | Buffer {
  return hasEscapes(path) ? encodeName(path) : path;
}

/** The path of an entry of the source. */
export function sourcePath(source: string, path: string): string {
  if (path === '') return source;
  return source.endsWith('/') ? source + path : `${source}/${path}`;
}
