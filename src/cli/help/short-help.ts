/** The help of a command on one screen: what most people need of it, with examples and exit codes. */
import type { Command, Help, Option } from 'commander';
import { pathOf } from './command-paths.js';
import { shortMeaning } from './exit-code-rows.js';
import type { Guide } from './guide.js';
import { guideOf } from './guides/index.js';

interface Item {
  readonly term: string;
  readonly text: string;
}

export function shortHelp(command: Command, helper: Help): string {
  const guide = guideOf(pathOf(command));
  const argumentItems = helper.visibleArguments(command).map((argument) => ({
    term: helper.argumentTerm(argument),
    text: helper.argumentDescription(argument),
  }));
  const optionItems = mainOptions(command, guide).map((option) => ({
    term: helper.optionTerm(option),
    text: helper.optionDescription(option).replace(/ \(repeatable[^)]*\)/, ''),
  }));
  const commandItems = helper
    .visibleCommands(command)
    .filter((one) => command.commands.includes(one))
    .map((one) => ({ term: one.name(), text: helper.subcommandDescription(one) }));
  return [
    `Usage: ${helper.commandUsage(command)}`,
    '',
    helper.boxWrap(helper.commandDescription(command), widthOf(helper)),
    '',
    ...itemLines([...argumentItems, ...optionItems, ...commandItems], helper),
    '',
    ...endLines(command, guide, helper),
    '',
  ].join('\n');
}

/** Those that the guide names, in its order; all of a command without a guide. */
function mainOptions(command: Command, guide: Guide | undefined): readonly Option[] {
  if (guide === undefined) return command.options.filter(({ hidden }) => !hidden);
  return guide.options.flatMap((name) => command.options.filter(({ long }) => long === name));
}

export function itemLines(items: readonly Item[], helper: Help): string[] {
  const width = items.reduce((most, { term }) => Math.max(most, term.length), 0);
  return items.map(({ term, text }) => helper.formatItem(term, width, text, helper));
}

/** Examples, exit codes, and where there is more. */
export function endLines(
  command: Command,
  guide: Guide | undefined,
  helper: Help,
  { isFull = false } = {},
): string[] {
  const path = pathOf(command);
  const lines: string[] = [];
  if (guide !== undefined) {
    lines.push(guide.examples.length > 1 ? 'Examples:' : 'Example:');
    for (const example of guide.examples) lines.push(`  ${example}`);
    lines.push('');
    if (guide.codes.length > 0) {
      const codes = `Exit codes: ${codesText(guide)} (duplifs help exit-codes)`;
      lines.push(helper.boxWrap(codes, widthOf(helper)));
    }
  }
  if (command.commands.length > 0) lines.push(`More: duplifs ${path} COMMAND --help`);
  if (!isFull && hasMore(command, guide)) lines.push(`All options: duplifs ${path} --help-all`);
  return lines;
}

function codesText({ codes }: Guide): string {
  const named = codes.map((code) => {
    const [number, text] = typeof code === 'number' ? [code, shortMeaning(code)] : code;
    return `${number} ${text}`;
  });
  return [`0 ${shortMeaning(0)}`, ...named].join('; ');
}

function hasMore(command: Command, guide: Guide | undefined): boolean {
  const shown = mainOptions(command, guide);
  return command.options.some((option) => !option.hidden && !shown.includes(option));
}

export function widthOf(helper: Help): number {
  return helper.helpWidth ?? 80;
}
