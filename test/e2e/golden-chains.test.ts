/** Backups by duplicity 3.x, and those that are opened by exported keys. */
import { describeChain } from '../support/describe-chain.js';
import { goldenChains, keyFileChains } from '../support/chains.js';

const [first, ...others] = [...goldenChains, ...keyFileChains];
describeChain(first);
for (const name of others) describeChain(name, ['kernel']);
