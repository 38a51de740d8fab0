import type { RestoreEvent } from '../../restore/index.js';
import type { EventTexts } from './event-text.js';

export const restoreTexts: EventTexts<RestoreEvent> = {
  'restore-placeholder': () => '',
};
