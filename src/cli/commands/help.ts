import type { Command } from 'commander';
import { DuplifsError, nearest } from '../../base/index.js';
import { commandAt, topicNames, topicsOf, topicText } from '../help/index.js';
import { LazyCommand } from '../options/index.js';

/** `help`: that of a command, or on a topic. */
export function helpCommand(): Command {
  const command = new LazyCommand('help')
    .description(`show the help of a command, or on a topic: ${topicNames.join(', ')}`)
    .argument('[words...]', 'a command, or a topic')
    .action(async (words: readonly string[]) => {
      const program = command.parent ?? command;
      const helper = program.createHelp();
      helper.prepareContext({ helpWidth: program.configureOutput().getOutHelpWidth?.() ?? 80 });
      const topic = topicsOf(program).find(({ name }) => name === words.join('-'));
      const found = commandAt(program, words);
      if (topic !== undefined) process.stdout.write(topicText(topic, helper));
      else if (found !== undefined) found.outputHelp();
      else throw await unknown(program, words);
    });
  return command;
}

async function unknown(program: Command, words: readonly string[]): Promise<DuplifsError> {
  const above = commandAt(program, words.slice(0, -1)) ?? program;
  const names = above.commands.flatMap((one) => [one.name(), ...one.aliases()]);
  const near = await nearest(words.at(-1) ?? '', [...names, ...topicNames]);
  return new DuplifsError('USAGE', `There is no help on "${words.join(' ')}"`, {
    hint: near === undefined ? 'duplifs --help lists the commands' : `Did you mean "${near}"?`,
  });
}
