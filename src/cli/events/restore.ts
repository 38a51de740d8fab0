import type { RestoreEvent } from '../../restore/index.js';
import type { EventTexts } from './event-text.js';

export const restoreTexts: EventTexts<RestoreEvent> = {
  'owners-not-restored': () => 'Only root may set owners; what is restored belongs to you',
  'volume-not-compared': ({ name, reason }) =>
    `"${name}" could not be read, so what else it may hold was not restored: ${reason}`,
};
