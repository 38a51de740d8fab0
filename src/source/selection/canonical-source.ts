/**
 * The source as patterns are matched against it: as it was given, without doubled or trailing slashes
 * and "." components; links and relative paths stay (docs/format/2-behaviour.md 3.1, rule 2).
 */
export function canonicalSource(source: string): string {
  const parts = source.split('/').filter((part) => part !== '' && part !== '.');
  if (source.startsWith('/')) return `/${parts.join('/')}`;
  return parts.join('/') || '.';
}

/** The full path of an entry below a canonical source. */
export function joinSource(source: string, path: string): string {
  if (path === '') return source;
  if (source === '.') return path;
  return source === '/' ? `/${path}` : `${source}/${path}`;
}
