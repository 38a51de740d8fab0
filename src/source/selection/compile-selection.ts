/** From the options of a command line to a Selector (docs/format/2-behaviour.md 3.1). */
import { DuplifsError } from '../../base/index.js';
import { canonicalSource } from './canonical-source.js';
import { parseFilelist } from './filelist.js';
import type { SelectionOption } from './options.js';
import {
  deviceFilesRule,
  globRule,
  markerRule,
  olderThanRule,
  otherFileSystemsRule,
  regexpRule,
  withoutRule,
} from './rules.js';
import type { PatternMode, PatternOrigin } from './rules.js';
import type { Rule } from './rule.js';
import { Selector } from './selector.js';

export interface SelectionContext {
  /** The source argument as it was given, as names are kept. */
  readonly source: string;
  /** Whether names in filelists end with NUL rather than with a newline. */
  readonly nullSeparator?: boolean;
  /** Paths below the source that are left out whatever the options say. */
  readonly without?: readonly string[] | undefined;
}

/**
 * Compiles selection options, in the order in which they were given.
 * @throws DuplifsError SELECTION_OUTSIDE, SELECTION_PATTERN, SELECTION_REDUNDANT,
 *   SELECTION_FILTER_REDUNDANT or SELECTION_FILTER_TRAILING
 */
export function compileSelection(
  options: readonly SelectionOption[],
  context: SelectionContext,
): Selector {
  const source = canonicalSource(context.source);
  checkFilterSwitches(options);
  const rules: Rule[] = [];
  const front: Rule[] = [];
  const markerNames: string[] = [];
  let mode: PatternMode = { syntax: 'globbing', ignoreCase: false };
  for (const option of options) {
    switch (option.kind) {
      case 'include':
      case 'exclude':
        rules.push(
          patternRule(option.kind, option.pattern, mode, { source, from: `--${option.kind}` }),
        );
        break;
      case 'include-regexp':
        rules.push(regexpRule('include', option.pattern, false));
        break;
      case 'exclude-regexp':
        rules.push(regexpRule('exclude', option.pattern, false));
        break;
      case 'include-filelist':
      case 'exclude-filelist': {
        const sense = option.kind === 'include-filelist' ? 'include' : 'exclude';
        for (const line of parseFilelist(option.content, context.nullSeparator ?? false)) {
          const from = `--${option.kind} "${option.name}"`;
          rules.push(patternRule(line.sign ?? sense, line.pattern, mode, { source, from }));
        }
        break;
      }
      case 'exclude-if-present':
        // these two go to the front, the later one first of all
        front.unshift(markerRule(option.fileName));
        markerNames.push(option.fileName);
        break;
      case 'exclude-device-files':
        front.unshift(deviceFilesRule());
        break;
      case 'exclude-other-filesystems':
        rules.push(otherFileSystemsRule());
        break;
      case 'exclude-older-than':
        rules.push(olderThanRule(option.timeSeconds));
        break;
      default:
        mode = switchMode(mode, option.kind);
    }
  }
  const all = [...front, ...rules];
  checkLastExcludes(all);
  if (context.without !== undefined && context.without.length > 0) {
    all.unshift(withoutRule(context.without));
  }
  return new Selector(source, all, markerNames);
}

function patternRule(
  sense: 'include' | 'exclude',
  pattern: string,
  mode: PatternMode,
  origin: PatternOrigin,
): Rule {
  return mode.syntax === 'regexp'
    ? regexpRule(sense, pattern, mode.ignoreCase)
    : globRule(sense, pattern, mode, origin);
}

type FilterKind = Extract<SelectionOption['kind'], `filter-${string}`>;

function switchMode(mode: PatternMode, kind: FilterKind): PatternMode {
  switch (kind) {
    case 'filter-globbing':
      return { ...mode, syntax: 'globbing' };
    case 'filter-literal':
      return { ...mode, syntax: 'literal' };
    case 'filter-regexp':
      return { ...mode, syntax: 'regexp' };
    case 'filter-strictcase':
      return { ...mode, ignoreCase: false };
    case 'filter-ignorecase':
      return { ...mode, ignoreCase: true };
  }
}

function checkFilterSwitches(options: readonly SelectionOption[]): void {
  const switches = options.filter(({ kind }) => kind.startsWith('filter-'));
  const last = options.at(-1);
  if (last !== undefined && switches.includes(last)) {
    throw new DuplifsError(
      'SELECTION_FILTER_TRAILING',
      `The switch "--${last.kind}" has no effect, for no selection follows it`,
      { hint: 'Put it before the options that it is for' },
    );
  }
  const defaults = ['filter-globbing', 'filter-strictcase'];
  if (switches.length > 0 && switches.every(({ kind }) => defaults.includes(kind))) {
    throw new DuplifsError(
      'SELECTION_FILTER_REDUNDANT',
      'The filter switches have no effect, for they only switch to what is the default',
      { hint: 'Leave them out' },
    );
  }
}

function checkLastExcludes(rules: readonly Rule[]): void {
  const last = rules.at(-1);
  if (last === undefined || last.excludes) return;
  throw new DuplifsError(
    'SELECTION_REDUNDANT',
    `The last selection (${last.text}) includes, which changes nothing: all files are included by default`,
    { hint: 'Add an --exclude after it, such as --exclude "**"' },
  );
}
