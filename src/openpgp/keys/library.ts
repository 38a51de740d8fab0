/**
 * openpgp.js, loaded when it is first needed: that takes as long as starting the rest of the program, and what is
 * encrypted with a passphrase alone needs nothing of it.
 */
import { createRequire } from 'node:module';
import type * as Openpgp from 'openpgp';

let loaded: typeof Openpgp | undefined;

export function openpgp(): typeof Openpgp {
  loaded ??= createRequire(import.meta.url)('openpgp') as typeof Openpgp;
  return loaded;
}
