import type { Command } from 'commander';
import { exitCodes } from '../../../base/index.js';
import { isExpiringSoon, usesOf } from '../../../openpgp/index.js';
import type { Keyring, KeyRecord } from '../../../openpgp/index.js';
import { newestChains, readersOfSets } from '../../../target/index.js';
import { formatLocalTime } from '../../../time/index.js';
import { addCommonOptions, nowSeconds } from '../../common-options.js';
import type { CommonOptions } from '../../common-options.js';
import { chainNeeds } from '../../keys/chain-needs.js';
import { keysAtHand } from '../../keys/find-key.js';
import { keyLines, keyObject } from '../../keys/key-text.js';
import { withTarget } from '../../keys/open-target.js';
import type { Log } from '../../log.js';
import { openKeyring } from '../../open-repository.js';
import { Output } from '../../output.js';
import { runCommand } from '../../run-command.js';
import type { CommandContext } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

interface ListOptions extends CommonOptions {
  readonly json: boolean;
}

/** `key list`: what this machine can encrypt to, open and sign with, and what the chains at a URL want. */
export function listCommand(): Command {
  const command = new LazyCommand('list')
    .description('show the keys of this machine, and with a URL those that the backups there want')
    .argument('[url]', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .action(async (url: string | undefined, options: ListOptions) => {
      await runCommand(options.verbosity, async (context) => {
        const keyring = await openKeyring(options, context.log);
        const keys = await keysAtHand(keyring, context.signal);
        warnOfExpiry(keys, options, context.log);
        const output = new Output(process.stdout);
        if (url !== undefined) {
          return await listNeeds({ url, keyring, keys, output }, options, context);
        }
        for (const key of keys) {
          if (options.json) await output.json(keyObject(key));
          else for (const line of keyLines(key)) await output.line(line);
        }
        await output.end();
        if (keys.length === 0) {
          context.log.notice('There is no key here: "duplifs key generate" makes one');
        }
        return 0;
      });
    });
  return addCommonOptions(command);
}

function warnOfExpiry(keys: readonly KeyRecord[], options: ListOptions, log: Log): void {
  const now = nowSeconds(options);
  for (const key of keys) {
    const { expiresSeconds } = usesOf(key);
    if (!isExpiringSoon(expiresSeconds, now)) continue;
    log.warn(
      `The key ${key.fingerprint} ends on ${formatLocalTime(expiresSeconds)}: prolong or replace it before`,
    );
  }
}

interface Asked {
  readonly url: string;
  readonly keyring: Keyring;
  readonly keys: readonly KeyRecord[];
  readonly output: Output;
}

/** KEY when there is a chain that no key at hand opens, and no passphrase is known to. */
async function listNeeds(
  { url, keyring, keys, output }: Asked,
  options: ListOptions,
  context: CommandContext,
): Promise<number> {
  return await withTarget({ url, options, keyring }, context, async ({ target, listing }) => {
    let exitCode = 0;
    for (const chain of newestChains(listing.collection.chains)) {
      const readers = await readersOfSets(target, chain, context.signal);
      const hasPassphrase = keyring.passphrases.known.some(({ length }) => length > 0);
      const needs = chainNeeds(chain, readers, { keys, hasPassphrase });
      if (options.json) await output.json(needs.json);
      else for (const line of needs.lines) await output.line(line);
      if (!needs.mayBeOpened) exitCode = exitCodes.KEY;
    }
    await output.end();
    return exitCode;
  });
}
