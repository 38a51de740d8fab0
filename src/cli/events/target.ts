import type { TargetEvent } from '../../target/index.js';
import type { EventTexts } from './event-text.js';

export const targetTexts: EventTexts<TargetEvent> = {
  'target-placeholder': () => '',
};
