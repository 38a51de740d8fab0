/** The kinds of rules (docs/format/2-behaviour.md 3.1). */
import { DuplifsError } from '../../base/index.js';
import { compileGlob } from './glob.js';
import { compilePythonRegExp } from './python-regexp.js';
import type { Rule } from './rule.js';

export interface PatternMode {
  readonly syntax: 'globbing' | 'literal' | 'regexp';
  readonly ignoreCase: boolean;
}

export interface PatternOrigin {
  /** Canonical. */
  readonly source: string;
  /** Where the pattern was given, for errors. */
  readonly from: string;
}

const casePrefix = 'ignorecase:';

/** A glob, or in literal mode a path. */
export function globRule(
  sense: 'include' | 'exclude',
  pattern: string,
  mode: PatternMode,
  { source, from }: PatternOrigin,
): Rule {
  const literal = mode.syntax === 'literal';
  const prefixed = !literal && pattern.startsWith(casePrefix);
  const glob = compileGlob(prefixed ? pattern.slice(casePrefix.length) : pattern, {
    ignoreCase: mode.ignoreCase || prefixed,
    literal,
  });
  const text = `${from} "${pattern.toWellFormed()}"`;
  if (glob.ask(source, true) === undefined) {
    throw new DuplifsError(
      'SELECTION_OUTSIDE',
      `The selection ${text} can match nothing in the source "${source.toWellFormed()}"`,
      { hint: 'Begin the pattern with the source as it is given, or with "**"' },
    );
  }
  return {
    text,
    excludes: sense === 'exclude',
    ask: ({ fullPath, type }) => {
      const found = glob.ask(fullPath, type === 'dir');
      if (found === 'match') return sense;
      // also for what is no folder: duplicity then leaves it out, though nothing excludes it
      return found === 'leads' && sense === 'include' ? 'scan' : undefined;
    },
  };
}

/** A Python regular expression, searched anywhere in the full path. */
export function regexpRule(
  sense: 'include' | 'exclude',
  pattern: string,
  ignoreCase: boolean,
): Rule {
  const regexp = compilePythonRegExp(pattern, ignoreCase);
  return {
    text: `--${sense}-regexp "${pattern.toWellFormed()}"`,
    excludes: sense === 'exclude',
    ask: ({ fullPath }) => (regexp.test(fullPath) ? sense : undefined),
  };
}

/** Excludes folders, but the root, that hold an entry of this name. */
export function markerRule(fileName: string): Rule {
  return {
    text: `--exclude-if-present "${fileName.toWellFormed()}"`,
    excludes: true,
    ask: ({ path, markers }) => (path !== '' && markers.has(fileName) ? 'exclude' : undefined),
  };
}

export function deviceFilesRule(): Rule {
  return {
    text: '--exclude-device-files',
    excludes: true,
    ask: ({ type }) => (type === 'chr' || type === 'blk' ? 'exclude' : undefined),
  };
}

export function otherFileSystemsRule(): Rule {
  return {
    text: '--exclude-other-filesystems',
    excludes: true,
    ask: ({ onRootDevice }) => (onRootDevice ? undefined : 'exclude'),
  };
}

/** Excludes regular files that were last changed before the time. */
export function olderThanRule(timeSeconds: number): Rule {
  return {
    text: '--exclude-older-than',
    excludes: true,
    ask: ({ type, mtimeSeconds }) =>
      type === 'reg' && mtimeSeconds < timeSeconds ? 'exclude' : undefined,
  };
}

/** Leaves out paths, with all that is below them. */
export function withoutRule(paths: readonly string[]): Rule {
  const without = new Set(paths);
  return {
    text: 'what the backup itself writes',
    excludes: true,
    ask: ({ path }) => (without.has(path) ? 'exclude' : undefined),
  };
}
