import type { Command } from 'commander';
import { exitCodes } from '../../../base/index.js';
import { newestChains } from '../../../target/index.js';
import { addCommonOptions } from '../../common-options.js';
import type { CommonOptions } from '../../common-options.js';
import { testChain } from '../../keys/test-chain.js';
import type { ChainTest } from '../../keys/test-chain.js';
import { withTarget } from '../../keys/open-target.js';
import { openKeyring } from '../../open-repository.js';
import { Output } from '../../output.js';
import { runCommand } from '../../run-command.js';
import type { CommandContext } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

export interface KeyTestOptions extends CommonOptions {
  readonly all: boolean;
  readonly json: boolean;
}

/** `key test`: proves by opening something that this machine can restore. */
export function testCommand(): Command {
  const command = new LazyCommand('test')
    .description('prove that this machine can restore: open manifests, and a block of a volume')
    .argument('<url>', 'where the backup lies')
    .option('--all', 'of every chain, and not of the newest alone', false)
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, options: KeyTestOptions) => {
      await runCommand(options.verbosity, (context) => testKeys(url, options, context));
    });
  return addCommonOptions(command);
}

/** Tries the chains, newest first, and says of each what opened it. The exit code of the first that failed. */
export async function testKeys(
  url: string,
  options: KeyTestOptions,
  context: CommandContext,
): Promise<number> {
  const keyring = await openKeyring(options, context.log);
  return await withTarget({ url, options, keyring }, context, async ({ target, listing }) => {
    const chains = newestChains(listing.collection.chains);
    const output = new Output(process.stdout);
    let worst = 0;
    for (const chain of options.all ? chains : chains.slice(0, 1)) {
      const test = await testChain(target, chain, options, context);
      if (options.json) await output.json(test.json);
      else for (const line of test.lines) await output.line(line);
      await output.end();
      worst = worseOf(worst, test);
    }
    await target.trust.save();
    return worst;
  });
}

/** That a key is missing is what was asked for, and goes before damage. */
function worseOf(worst: number, { failure }: ChainTest): number {
  if (failure === undefined || worst === exitCodes.KEY) return worst;
  return worst === 0 || failure.exitCode === exitCodes.KEY ? failure.exitCode : worst;
}
