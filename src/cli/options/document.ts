/** The table of options as docs/duplicity-options.md has it: what duplifs makes of each option of duplicity. Pure. */
import type { Command } from 'commander';
import { longName } from './option-row.js';
import type { DuplicityVersion, Effect, OptionRow } from './option-row.js';
import { duplicityRows } from './option-table.js';

/** The lines of a Markdown table. `program` has all commands. */
export function optionLines(program: Command): string[] {
  return [
    '| option | duplicity | commands of duplifs | what duplifs does |',
    '| --- | --- | --- | --- |',
    ...duplicityRows()
      .toSorted((a, b) => (longName(a) < longName(b) ? -1 : 1))
      .map((row) => optionLine(row, program)),
  ];
}

function optionLine(row: OptionRow, program: Command): string {
  const cells = [namesOf(row), row.versions.map(shortVersion).join(', '), '', ''];
  cells[2] = commandsOf(row, program);
  cells[3] = effectText(row);
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function namesOf({ flags, aliases = {} }: OptionRow): string {
  const others = Object.entries(aliases).map(
    ([name, versions]) => `\`${name}\` (${versions.map(shortVersion).join(', ')})`,
  );
  return [`\`${flags}\``, ...others].join(', ');
}

function shortVersion(version: DuplicityVersion): string {
  return version.startsWith('0') ? '0.8' : '3';
}

function commandsOf(row: OptionRow, program: Command): string {
  const all = program.commands.filter((command) => takesBackup(command));
  const having = all.filter((command) =>
    command.options.some(({ long }) => long === longName(row)),
  );
  if (having.length === 0) return '';
  if (having.length === all.length) return 'all';
  return having.map((command) => command.name()).join(', ');
}

/** Whether a command works on a backup. */
function takesBackup(command: Command): boolean {
  return command.options.some(({ long }) => long === '--archive-dir');
}

function effectText({ effect, help }: OptionRow): string {
  const text = effectTexts[effect.kind](effect as never);
  return help === '' || effect.kind !== 'same' ? text : `the same: ${help}`;
}

const effectTexts: {
  readonly [Kind in Effect['kind']]: (effect: Extract<Effect, { kind: Kind }>) => string;
} = {
  same: () => 'the same',
  other: ({ why }) => `otherwise: ${why}`,
  none: ({ why }) => `accepted without effect: ${why}`,
  refused: ({ instead }) => `refused: ${instead}`,
};
