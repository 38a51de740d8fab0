import type { OpenPgpEvent } from '../../openpgp/index.js';
import type { EventTexts } from './event-text.js';

export const openpgpTexts: EventTexts<OpenPgpEvent> = {
  'openpgp-placeholder': () => '',
};
