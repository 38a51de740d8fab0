import type { Command } from 'commander';
import { DuplifsError } from '../../../base/index.js';
import { formatKeyArchive } from '../../../openpgp/index.js';
import type { Keyring, KeyRecord } from '../../../openpgp/index.js';
import { addKeyringOptions } from '../../common-options.js';
import type { KeyOptions } from '../../common-options.js';
import { bundleSource, makeBundle } from '../../keys/bundle.js';
import { archiveOf, ownertrustOf, publicKeyOf, wipeArchive } from '../../keys/collect-keys.js';
import { keyNamed, keysAtHand } from '../../keys/find-key.js';
import { addGenerateOptions, wordsOf } from '../../keys/generate-options.js';
import type { GenerateSecretOptions } from '../../keys/generate-options.js';
import { newSecret } from '../../keys/new-secret.js';
import type { NewSecret } from '../../keys/new-secret.js';
import { writePrivateFile } from '../../keys/write-private-file.js';
import { openKeyring } from '../../open-repository.js';
import { Output } from '../../output.js';
import { runCommand } from '../../run-command.js';
import type { CommandContext } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

interface ExportOptions extends KeyOptions, GenerateSecretOptions {
  readonly secret: boolean;
  readonly ownertrust: boolean;
  readonly force: boolean;
  readonly bundlePassphraseFile?: string;
  readonly json: boolean;
}

/** `key export`: keys into a file; secret ones into a bundle that is encrypted itself. */
export function exportCommand(): Command {
  const command = new LazyCommand('export')
    .description(
      'write keys into a file: public, or with --secret a bundle of all of them that a passphrase encrypts',
    )
    .usage('[options] <id...> <file>')
    .argument('<id...>', 'fingerprints or ids of the keys, and last the file')
    .option('--secret', 'public and secret parts and trust, encrypted by a passphrase', false)
    .option('--ownertrust', 'how far they are trusted, for "gpg --import-ownertrust"', false)
    .option('--bundle-passphrase-file <file>', 'passphrase of the bundle, as BUNDLE_PASSPHRASE')
    .option('--force', 'replace the file', false)
    .option('--json', 'print one JSON line', false)
    .action(async (words: readonly string[], options: ExportOptions) => {
      await runCommand(options.verbosity, (context) => exportKeys(words, options, context));
    });
  return addKeyringOptions(addGenerateOptions(command));
}

interface Exported {
  readonly bytes: Uint8Array;
  /** What a bundle is encrypted with. */
  readonly secret?: NewSecret;
}

async function exportKeys(
  words: readonly string[],
  options: ExportOptions,
  context: CommandContext,
): Promise<number> {
  const ids = words.slice(0, -1);
  const path = words.at(-1) ?? '';
  if (ids.length === 0) {
    throw new DuplifsError('USAGE', 'Give the id of a key, and the file that it is to go into');
  }
  if (options.secret && options.ownertrust) {
    throw new DuplifsError(
      'USAGE',
      'A bundle of --secret has the trust in it: leave --ownertrust out',
    );
  }
  const keyring = await openKeyring(options, context.log);
  const all = await keysAtHand(keyring, context.signal);
  const records = [...new Set(ids.map((id) => keyNamed(all, id)))];
  const { bytes, secret } = await contentsOf({ keyring, records, path }, options, context);
  try {
    await writePrivateFile(path, bytes, options.force);
    await print(path, records, secret, options.json);
  } finally {
    secret?.passphrase.fill(0);
  }
  return 0;
}

interface Wanted {
  readonly keyring: Keyring;
  readonly records: readonly KeyRecord[];
  readonly path: string;
}

async function contentsOf(
  { keyring, records, path }: Wanted,
  options: ExportOptions,
  { log, signal }: CommandContext,
): Promise<Exported> {
  if (options.secret) {
    const archive = await archiveOf(keyring, { records, secret: 'all' }, signal);
    try {
      const words = wordsOf(options);
      const secret = await newSecret(bundleSource(path, options), words, log);
      return { bytes: await makeBundle(archive, secret.passphrase), secret };
    } finally {
      wipeArchive(archive);
    }
  }
  if (options.ownertrust) {
    const ownertrust = await ownertrustOf(keyring, records, signal);
    if (ownertrust.size < records.length) {
      throw new DuplifsError('KEY', 'Not all of the keys are trusted, nor distrusted', {
        hint: 'See "duplifs key trust"',
      });
    }
    return { bytes: formatKeyArchive({ publicKeys: [], secretKeys: [], ownertrust }, []) };
  }
  const publicKeys: Uint8Array[] = [];
  for (const record of records) publicKeys.push(await publicKeyOf(keyring, record, signal));
  return { bytes: formatKeyArchive({ publicKeys, secretKeys: [], ownertrust: new Map() }, []) };
}

async function print(
  path: string,
  records: readonly KeyRecord[],
  secret: NewSecret | undefined,
  json: boolean,
): Promise<void> {
  const output = new Output(process.stdout);
  const generated = secret?.bits === undefined ? undefined : secret.passphrase.toString('utf8');
  const fingerprints = records.map(({ fingerprint }) => fingerprint);
  if (json) {
    await output.json({
      file: path,
      fingerprints,
      isSecret: secret !== undefined,
      passphrase: generated,
      passphraseBits: secret?.bits,
    });
  } else {
    for (const fingerprint of fingerprints) await output.line(`${fingerprint}  in "${path}"`);
    if (generated !== undefined) {
      await output.line(
        `Passphrase of the bundle (${secret?.bits ?? 0} bits; write it down, it is kept nowhere):`,
      );
      await output.line(`  ${generated}`);
    }
  }
  await output.end();
}
