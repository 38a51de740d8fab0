/** The help of a command with all of its options; those of storages, which most commands have, are a topic of their own. */
import { Help } from 'commander';
import type { Command, Option } from 'commander';
import { isStorageOption } from '../storage-options.js';
import { pathOf } from './command-paths.js';
import { guideOf } from './guides/index.js';
import { endLines, widthOf } from './short-help.js';

export function fullHelp(command: Command, helper: Help): string {
  const guide = guideOf(pathOf(command));
  const shown = Object.create(helper, {
    visibleOptions: { value: (one: Command) => helper.visibleOptions(one).filter(isOwn) },
  }) as Help;
  const lines = [Help.prototype.formatHelp.call(shown, command, shown)];
  if (command.options.some(isStorageOption))
    lines.push('Storage options: duplifs help storage', '');
  if (guide?.notes !== undefined) lines.push(helper.boxWrap(guide.notes, widthOf(helper)), '');
  return [...lines, ...endLines(command, guide, helper, { isFull: true }), ''].join('\n');
}

function isOwn(option: Option): boolean {
  return !isStorageOption(option);
}
