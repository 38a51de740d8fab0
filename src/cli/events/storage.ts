import type { StorageEvent } from '../../storage/index.js';
import type { EventTexts } from './event-text.js';

export const storageTexts: EventTexts<StorageEvent> = {
  'storage-placeholder': () => '',
};
