/** `duplifs help exit-codes`. */
import { exitCodeRows } from '../exit-code-rows.js';
import type { Topic } from './topic.js';

export const exitCodesTopic: Topic = {
  name: 'exit-codes',
  title: 'what a command ends with',
  parts: [
    {
      items: exitCodeRows.map(({ codes, meaning }) => [
        codes.join(', '),
        meaning.replaceAll('`', ''),
      ]),
    },
    'Where duplicity has a code for the same case it is the same, but for a URL that no storage understands: there it is 23.',
  ],
};
