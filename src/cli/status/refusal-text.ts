import type { RefusalReason } from '../../target/index.js';

/** Why files are not used: a clause that follows a colon. */
export function refusalText(reason: RefusalReason): string {
  return refusals[reason];
}

const refusals: Readonly<Record<RefusalReason, string>> = {
  'chain-encrypted': 'the chain is encrypted, and anybody can have written what is not',
  'target-encrypted': 'the backup was encrypted when this machine last saw it',
  'encryption-required': '--require-encryption is given',
};
