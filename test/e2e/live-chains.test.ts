/** Backups by the installed duplicity. */
import { describeChain } from '../support/describe-chain.js';
import { liveChains } from '../support/chains.js';

for (const name of liveChains) describeChain(name);
