/** duplicity's selection options (docs/format/2-behaviour.md 3): their order counts, across their names. */
import { inBoth, onlyIn0, onlyIn3, same } from './option-row.js';
import type { DuplicityVersion, OptionRow } from './option-row.js';

export const selectionRows: readonly OptionRow[] = [
  rule('--include <pattern>', 'include what fits this pattern; the first rule that fits decides'),
  rule('--exclude <pattern>', 'leave out what fits this pattern (repeatable)'),
  rule('--include-regexp <pattern>', 'include paths that this regular expression fits'),
  rule('--exclude-regexp <pattern>', 'leave out paths that this regular expression fits'),
  list('--include-filelist <file>', '--include-globbing-filelist'),
  list('--exclude-filelist <file>', '--exclude-globbing-filelist'),
  hidden('--include-filelist-stdin'),
  hidden('--exclude-filelist-stdin'),
  rule('--exclude-if-present <name>', 'leave out folders that hold a file of this name'),
  rule('--exclude-older-than <time>', 'leave out files that are older than this'),
  rule('--exclude-device-files', 'leave out devices'),
  rule('--exclude-other-filesystems', 'stay on the file system of the folder'),
  rule('--filter-globbing', 'the patterns that follow are shell patterns', onlyIn3),
  rule('--filter-literal', 'the patterns that follow are paths as they stand', onlyIn3),
  rule('--filter-regexp', 'the patterns that follow are regular expressions', onlyIn3),
  rule('--filter-strictcase', 'in the patterns that follow case matters', onlyIn3),
  rule('--filter-ignorecase', 'in the patterns that follow case does not matter', onlyIn3),
  { ...rule('--files-from <file>', 'only the paths in this list', onlyIn3), isPath: true },
  { ...rule('--null-separator', 'names in lists end with NUL'), initial: false },
];

function rule(
  flags: string,
  help: string,
  versions: readonly DuplicityVersion[] = inBoth,
): OptionRow {
  return { flags, help, versions, effect: same, groups: ['selection'] };
}

function list(flags: string, oldName: string): OptionRow {
  return {
    ...rule(flags, 'patterns from a file, one a line'),
    aliases: { [oldName]: onlyIn0 },
    isPath: true,
  };
}

function hidden(flags: string): OptionRow {
  return { ...rule(flags, 'the same, from standard input', onlyIn0), isHidden: true };
}
