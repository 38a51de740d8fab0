import type { CheckEvent } from '../../check/index.js';
import { formatLocalTime } from '../../time/index.js';
import { humanSize } from '../backup/statistics-text.js';
import { findingText } from '../check-text.js';
import type { EventTexts } from './event-text.js';

export const checkTexts: EventTexts<CheckEvent> = {
  'check-finding': ({ finding }) => findingText(finding).message,
  'check-resumed': ({ startedSeconds, bytesRead }) =>
    `Going on with the reading that began ${formatLocalTime(startedSeconds)} and was interrupted after ${humanSize(bytesRead)}`,
};
