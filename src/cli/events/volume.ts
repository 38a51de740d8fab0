import type { VolumeEvent } from '../../volume/index.js';
import type { EventTexts } from './event-text.js';

export const volumeTexts: EventTexts<VolumeEvent> = {
  'volume-placeholder': () => '',
};
