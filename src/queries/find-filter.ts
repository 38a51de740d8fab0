/** What of all that a backup ever held is looked for. */
import { DuplifsError } from '../base/index.js';
import type { PathVersion, SnapshotEntry, TimelinePath } from '../snapshot/index.js';
import { compileShellPattern } from './shell-pattern.js';

/** A size in bytes: of regular files that are larger, smaller, or just as large. */
export interface WantedSize {
  readonly is: 'larger' | 'smaller' | 'equal';
  readonly bytes: number;
}

/** Each that is given has to hold; of a list of patterns or types one. Nothing given is everything. */
export interface FindQuery {
  /** Of the last component, or of the whole path where the pattern has a slash. */
  readonly patterns?: readonly string[] | undefined;
  /** Of the last component. */
  readonly names?: readonly string[] | undefined;
  /** Of the whole path. */
  readonly paths?: readonly string[] | undefined;
  /** JavaScript's regular expressions, for all of the path. */
  readonly regexes?: readonly string[] | undefined;
  readonly types?: readonly SnapshotEntry['type'][] | undefined;
  readonly sizes?: readonly WantedSize[] | undefined;
  /** In seconds since the epoch: versions that came to be, or were deleted, in a set after that. */
  readonly changedSinceSeconds?: number | undefined;
  /** Only paths that the newest set no longer has. */
  readonly isDeleted?: boolean | undefined;
}

export class FindFilter {
  readonly #query: FindQuery;
  readonly #patterns: readonly Matcher[];
  readonly #names: readonly RegExp[];
  readonly #paths: readonly RegExp[];
  readonly #types: ReadonlySet<SnapshotEntry['type']> | undefined;

  /** @throws DuplifsError USAGE for a pattern that cannot be understood */
  constructor(query: FindQuery) {
    this.#query = query;
    const { patterns = [], names = [], paths = [], regexes = [], types = [] } = query;
    this.#patterns = patterns.map(patternOf);
    this.#names = names.map(compileShellPattern);
    this.#paths = [
      ...paths.map((text) => compileShellPattern(inBackup(text))),
      ...regexes.map(regexOf),
    ];
    this.#types = types.length === 0 ? undefined : new Set(types);
  }

  /** Whether versions of the path can be meant. The root goes by ".", as find(1) has it. */
  takesPath({ path, name }: TimelinePath): boolean {
    const named = { path: path === '' ? '.' : path, name: name === '' ? '.' : name };
    return (
      isAny(this.#patterns, ({ of, regex }) => regex.test(named[of])) &&
      isAny(this.#names, (regex) => regex.test(named.name)) &&
      isAny(this.#paths, (regex) => regex.test(named.path))
    );
  }

  /** Whether a version is meant, by all but its size. `newest` is the path's newest one. */
  takesVersion(version: PathVersion, newest: PathVersion): boolean {
    const { isDeleted, changedSinceSeconds: since } = this.#query;
    if (isDeleted === true && newest.end !== 'deleted') return false;
    if (this.#types?.has(version.entry.type) === false) return false;
    if (since === undefined) return true;
    const wasDeleted = version.end === 'deleted' && (version.endedIn?.endSeconds ?? 0) > since;
    return wasDeleted || version.from.endSeconds > since;
  }

  /** Whether the size is meant; undefined where that takes the exact one. */
  takesSize({ type, size, sizeLimit }: SnapshotEntry): boolean | undefined {
    const { sizes = [] } = this.#query;
    if (sizes.length === 0) return true;
    if (type !== 'reg') return false;
    if (size !== undefined) return this.takesBytes(size);
    // where nothing is known of the size the limit is 0
    if (sizeLimit === 0) return undefined;
    const isTooSmall = sizes.some(({ is, bytes }) =>
      is === 'larger' ? sizeLimit <= bytes : is === 'equal' && sizeLimit < bytes,
    );
    if (isTooSmall) return false;
    return sizes.every(({ is, bytes }) => is === 'smaller' && sizeLimit < bytes) || undefined;
  }

  takesBytes(size: number): boolean {
    return (this.#query.sizes ?? []).every(({ is, bytes }) =>
      is === 'larger' ? size > bytes : is === 'smaller' ? size < bytes : size === bytes,
    );
  }
}

interface Matcher {
  readonly of: 'path' | 'name';
  readonly regex: RegExp;
}

function patternOf(text: string): Matcher {
  const pattern = inBackup(text);
  return { of: pattern.includes('/') ? 'path' : 'name', regex: compileShellPattern(pattern) };
}

/** Paths in a backup begin with a name; what people type, or find(1) prints, may not. */
function inBackup(text: string): string {
  const bare = text.replace(/^(?:\.?\/)+/, '');
  return bare === '' ? '.' : bare;
}

function regexOf(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'su');
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new DuplifsError('USAGE', `"${source}" is no regular expression: ${why}`, {
      cause: error,
    });
  }
}

function isAny<T>(matchers: readonly T[], matches: (matcher: T) => boolean): boolean {
  return matchers.length === 0 || matchers.some(matches);
}
