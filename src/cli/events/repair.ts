import type { RepairEvent } from '../../repair/index.js';
import { actionText } from '../repair-text.js';
import type { EventTexts } from './event-text.js';

export const repairTexts: EventTexts<RepairEvent> = {
  'repair-done': ({ action }) => `Done: ${actionText(action)}`,
  'repair-failed': ({ action, reason }) => `Not done: ${actionText(action)}: ${reason}`,
  'index-unbound': ({ setKey }) =>
    `The archive dir has no copies of its own that tell what set ${setKey} was made on: its new index does not vouch for that`,
};
