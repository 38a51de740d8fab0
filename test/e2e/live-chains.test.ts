/** Backups by the installed duplicity. */
import { describeChain } from '../support/describe-chain.js';
import { liveChains } from '../support/chains.js';

const [first, ...others] = liveChains;
describeChain(first);
for (const name of others) describeChain(name, ['kernel']);
