import type { OpenPgpEvent } from '../../openpgp/index.js';
import type { EventTexts } from './event-text.js';

export const openpgpTexts: EventTexts<OpenPgpEvent> = {
  'message-not-protected': ({ name, problem }) => `"${name}" is not protected: ${problem}`,
  'insecure-key-used': ({ keyId }) => `Key ${keyId} has an algorithm that is no longer secure`,
};
