/** Every chain mounted by fuse-native as well; npm test has one of each kind. */
import { describeChain } from '../support/describe-chain.js';
import { goldenChains, keyFileChains, liveChains } from '../support/chains.js';

for (const name of [...goldenChains, ...keyFileChains, ...liveChains]) {
  describeChain(name, ['libfuse']);
}
