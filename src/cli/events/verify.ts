import type { VerifyEvent } from '../../verify/index.js';
import type { EventTexts } from './event-text.js';

export const verifyTexts: EventTexts<VerifyEvent> = {
  'signatures-missing': () =>
    'Signatures of the chain are missing: files are held against their volumes only, and what the signatures would have told is not verified',
};
