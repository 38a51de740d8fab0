import type { MountEvent } from '../../mount/index.js';
import type { EventTexts } from './event-text.js';

export const mountTexts: EventTexts<MountEvent> = {
  'mount-placeholder': () => '',
};
