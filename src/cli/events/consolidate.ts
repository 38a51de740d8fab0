import type { ConsolidateEvent } from '../../consolidate/index.js';
import type { EventTexts } from './event-text.js';

export const consolidateTexts: EventTexts<ConsolidateEvent> = {
  'already-full': ({ setKey }) => `Set ${setKey} is a full already: nothing is to be done`,
  'sets-behind': ({ setKey, newestKey }) =>
    `Sets up to ${newestKey} are newer than ${setKey}: they stay as they are, and the next incremental continues the newest of them`,
  'consolidated-incomplete': ({ path, reason }) =>
    `Of ${JSON.stringify(path)} the chain has only a part (${reason}), and so has the full; the next backup reads it again`,
};
