/** The topics of `duplifs help`. */
import type { Command, Help } from 'commander';
import { itemLines, widthOf } from '../short-help.js';
import { exitCodesTopic } from './exit-codes.js';
import { storageTopic } from './storage.js';
import { timeTopic } from './time.js';
import type { Topic } from './topic.js';

export { storageUrls } from './storage.js';
export type { Topic, TopicList } from './topic.js';

export const topicNames = ['storage', 'time', 'exit-codes'] as const;

/** `program` has all commands: the options of storages are read off one of them. */
export function topicsOf(program: Command): readonly Topic[] {
  const command = program.commands.find((one) => one.name() === 'restore') ?? program;
  return [storageTopic(command), timeTopic, exitCodesTopic];
}

export function topicText({ title, parts }: Topic, helper: Help): string {
  const width = widthOf(helper);
  const paragraphs = parts.map((part) => {
    if (typeof part === 'string') return helper.boxWrap(part, width);
    const heading = part.heading === undefined ? [] : [`${part.heading}:`];
    const items = part.items.map(([term, text]) => ({ term, text }));
    return [...heading, ...itemLines(items, helper)].join('\n');
  });
  const sentence = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
  return `${[sentence, ...paragraphs].join('\n\n')}\n`;
}
