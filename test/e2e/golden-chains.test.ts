/** Backups by duplicity 3.x, and those that are opened by exported keys. */
import { describeChain } from '../support/describe-chain.js';
import { goldenChains, keyFileChains } from '../support/chains.js';

for (const name of [...goldenChains, ...keyFileChains]) describeChain(name);
