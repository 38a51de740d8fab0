import type { IntegrityProblem, OpenPgpEvent } from '../../openpgp/index.js';
import type { EventTexts } from './event-text.js';

const integrityProblems: Readonly<Record<IntegrityProblem, string>> = {
  none: 'it has no integrity code (MDC)',
  'ends-early': 'it ends too early',
  missing: 'its integrity code (MDC) is missing or cut off',
  mismatch: 'its integrity code (MDC) does not fit',
};

export const openpgpTexts: EventTexts<OpenPgpEvent> = {
  'decrypting-by-gpg': ({ cipher }) =>
    `The backup is encrypted with ${cipher}, which OpenSSL lacks: gpg decrypts it, which takes longer`,
  'key-algorithm-insecure': ({ keyId }) => `Key ${keyId} has an algorithm that is no longer secure`,
  'message-unprotected': ({ fileName, problem }) =>
    `"${fileName}" is not protected: ${integrityProblems[problem]}`,
};
