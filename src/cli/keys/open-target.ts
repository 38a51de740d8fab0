/** A target for commands that ask who can open what is there, and read nothing else of it. */
import { Target } from '../../target/index.js';
import type { TargetListing } from '../../target/index.js';
import type { Keyring } from '../../openpgp/index.js';
import { archiveFolderOf, prefixesOf } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { openStorageFor, trustPolicyOf } from '../open-repository.js';
import type { CommandContext } from '../run-command.js';

export interface ListedTarget {
  readonly target: Target;
  readonly listing: TargetListing;
}

/** Lists the target at a URL, works with it, and closes it whatever happens. */
export async function withTarget<T>(
  { url, options, keyring }: { url: string; options: CommonOptions; keyring: Keyring },
  { log, signal, statistics }: CommandContext,
  work: (listed: ListedTarget) => Promise<T>,
): Promise<T> {
  const storage = await openStorageFor(url, options, log, { statistics });
  try {
    const target = new Target({
      storage,
      archiveFolder: archiveFolderOf(url, options),
      prefixes: prefixesOf(options),
      decode: {
        keyring,
        signKey: options.signKey ?? options.encryptSignKey,
        ignoreMdcError: options.ignoreMdcError,
        report: log.report,
      },
      trust: trustPolicyOf(options, log),
      report: log.report,
    });
    return await work({ target, listing: await target.list({ signal }) });
  } finally {
    await storage.close();
  }
}
