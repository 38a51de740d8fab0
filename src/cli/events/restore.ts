import type { RestoreEvent } from '../../restore/index.js';
import { formatLocalTime } from '../../time/index.js';
import type { EventTexts } from './event-text.js';

export const restoreTexts: EventTexts<RestoreEvent> = {
  'entry-writing': ({ path, type }) => `Writing ${path} of type ${type}`,
  'owners-not-restored': () => 'Only root may set owners; what is restored belongs to you',
  'volume-not-compared': ({ name, reason }) =>
    `"${name}" could not be read, so what else it may hold was not restored: ${reason}`,
  'links-may-be-planted': () =>
    'On this system a restore can be led astray by whoever may write to the target while it runs; restore into a folder of your own',
  'file-incomplete': ({ path, reason, sinceSeconds }) =>
    `${JSON.stringify(path)} is not whole: since ${formatLocalTime(sinceSeconds)} it could not be read to its end when it was backed up (${reason})`,
};
