import { Option } from 'commander';
import type { Command } from 'commander';
import { listGpgKeys, ownertrustNumbers, setOwnertrust } from '../../../openpgp/index.js';
import { addKeyringOptions } from '../../common-options.js';
import type { KeyOptions } from '../../common-options.js';
import { keyNamed } from '../../keys/find-key.js';
import { gpgOf } from '../../open-repository.js';
import { Output } from '../../output.js';
import { runCommand } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

interface TrustOptions extends KeyOptions {
  readonly level: keyof typeof ownertrustNumbers;
}

/** `key trust`: says that a key of the GnuPG keyring is whose it says, as `--encrypt-key` of duplicity needs it. */
export function trustCommand(): Command {
  const command = new LazyCommand('trust')
    .description('trust a key of the GnuPG keyring, so that duplicity encrypts to it')
    .argument('<id>', 'its fingerprint: compare all of it with what its owner tells you')
    .addOption(
      new Option('--level <level>', 'how far; "undefined" takes trust back')
        .choices(Object.keys(ownertrustNumbers))
        .default('ultimate'),
    )
    .action(async (id: string, options: TrustOptions) => {
      await runCommand(options.verbosity, async ({ signal }) => {
        const gpg = gpgOf(options);
        const { fingerprint, userIds } = keyNamed(await listGpgKeys(gpg, signal), id);
        await setOwnertrust(gpg, new Map([[fingerprint, options.level]]), signal);
        const output = new Output(process.stdout);
        await output.line(`${fingerprint}  ${options.level}`);
        for (const userId of userIds) await output.line(`  ${userId}`);
        await output.end();
        return 0;
      });
    });
  return addKeyringOptions(command);
}
