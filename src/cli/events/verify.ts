import type { VerifyEvent } from '../../verify/index.js';
import type { EventTexts } from './event-text.js';

export const verifyTexts: EventTexts<VerifyEvent> = {
  'signatures-missing': ({ setKeys }) =>
    `The signatures of ${setKeys.join(' and ')} are missing: files are held against their volumes only, and what the signatures would have told is not verified`,
};
