import type { UpkeepEvent } from '../../upkeep/index.js';
import type { EventTexts } from './event-text.js';

export const upkeepTexts: EventTexts<UpkeepEvent> = {
  'set-removed': ({ setKey }) => `Set ${setKey} is removed`,
};
