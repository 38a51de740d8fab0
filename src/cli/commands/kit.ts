import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { DuplifsError } from '../../base/index.js';
import { openKit, sealKit } from '../../kit/index.js';
import type { KitPart } from '../../kit/index.js';
import type { OptionKeys } from '../../profiles/index.js';
import { addCommonOptions, append, nowSeconds } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { collectParts } from '../kit/collect-parts.js';
import type { CollectedKit } from '../kit/collect-parts.js';
import { keptOptions } from '../kit/kept-options.js';
import { kitSource } from '../kit/kit-source.js';
import { profileParts } from '../kit/profile-parts.js';
import { addGenerateOptions, wordsOf } from '../keys/generate-options.js';
import type { GenerateSecretOptions } from '../keys/generate-options.js';
import { newSecret } from '../keys/new-secret.js';
import type { NewSecret } from '../keys/new-secret.js';
import { withTarget } from '../keys/open-target.js';
import { writePrivateFile } from '../keys/write-private-file.js';
import { openKeyring } from '../open-repository.js';
import { Output } from '../output.js';
import type { ProfileMeans } from '../profile/means.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { environmentSecret } from '../secrets.js';
import { storageOptionsFrom } from '../storage-options.js';
import { kitOpenCommand } from './kit-open.js';
import { LazyCommand } from '../options/index.js';

interface KitOptions extends CommonOptions, GenerateSecretOptions {
  readonly withCredentials: boolean;
  readonly withPassphrases: boolean;
  readonly allowMissingKeys: boolean;
  readonly alsoKey: readonly string[];
  readonly profile: readonly string[];
  readonly kitPassphraseFile?: string;
  readonly webdavHeaders?: Readonly<Record<string, string>>;
  readonly json: boolean;
}

/** `kit`: one encrypted file with all that a new machine needs to restore, and `kit open`, which sets it up there. */
export function kitCommand({ keys }: ProfileMeans): Command {
  const command = new LazyCommand('kit')
    .description('write all that a new machine needs to restore into one encrypted file')
    // what follows "open" belongs to that command
    .enablePositionalOptions()
    .argument('<url>', 'where the backup lies')
    .argument('<file>', 'the kit; "gpg -d FILE | tar x" opens it, too')
    .option('--with-credentials', 'what the storage wants to see goes in as well', false)
    .option('--with-passphrases', 'the passphrases that are given go in as well', false)
    .option('--also-key <id>', 'a further key to go in (repeatable)', append, [])
    .option(
      '--profile <name>',
      'a profile to go in, with those that it extends (repeatable)',
      append,
      [],
    )
    .option('--allow-missing-keys', 'make a kit that does not open all sets', false)
    .option('--kit-passphrase-file <file>', 'passphrase of the kit, as KIT_PASSPHRASE')
    .option('--json', 'print one JSON line', false)
    .action(async (url: string, file: string, options: KitOptions) => {
      await runCommand(options.verbosity, (context) =>
        makeKit({ url, file, words: keptOptions(command), keys }, options, context),
      );
    });
  return addCommonOptions(addGenerateOptions(command)).addCommand(kitOpenCommand(keys));
}

interface Wanted {
  readonly url: string;
  readonly file: string;
  readonly words: readonly string[];
  readonly keys: () => OptionKeys;
}

async function makeKit(
  { url, file, words, keys }: Wanted,
  options: KitOptions,
  context: CommandContext,
): Promise<number> {
  const { log, signal } = context;
  const keyring = await openKeyring(options, log);
  const madeSeconds = nowSeconds(options);
  const moreParts = await profileParts(options.profile, keys, options);
  const kit = await withTarget({ url, options, keyring }, context, (listed) =>
    collectParts(
      {
        url,
        options: words,
        storageOptions: storageOptionsFrom({ ...options }, process.env),
        webdavHeaders: options.webdavHeaders,
        moreKeys: options.alsoKey,
        withCredentials: options.withCredentials,
        withPassphrases: options.withPassphrases,
        allowMissingKeys: options.allowMissingKeys,
        moreParts,
        madeSeconds,
      },
      keyring,
      listed,
      signal,
    ),
  );
  let secret: NewSecret | undefined;
  try {
    secret = await kitSecret(options, context);
    await writePrivateFile(
      file,
      await sealKit(kit.parts, secret.passphrase, madeSeconds),
      options.force,
    );
    await readBack(file, secret.passphrase, kit.parts);
    await print(file, kit, secret, options);
  } finally {
    secret?.passphrase.fill(0);
    for (const { bytes } of kit.parts) bytes.fill(0);
  }
  if (kit.needsPassphrase && !options.withPassphrases) {
    log.warn(
      'The backup is opened by a passphrase that is not in the kit: keep it elsewhere, or give --with-passphrases',
    );
  }
  return 0;
}

/** The kit lies where the backup's own passphrase is not meant to be known. */
async function kitSecret(options: KitOptions, { log }: CommandContext): Promise<NewSecret> {
  const secret = await newSecret(kitSource(options), wordsOf(options), log);
  if (environmentSecret('PASSPHRASE')?.equals(secret.passphrase) !== true) return secret;
  secret.passphrase.fill(0);
  throw new DuplifsError('KEY', 'The passphrase of the kit is that of the backup or of its key', {
    hint: 'Choose one of its own: whoever opens the kit must not have everything by it',
  });
}

/** A kit that cannot be opened would be found out on the day that it is needed. */
async function readBack(
  path: string,
  passphrase: Uint8Array,
  parts: readonly KitPart[],
): Promise<void> {
  const read = await openKit({ path, bytes: await readFile(path) }, { passphrases: [passphrase] });
  const isSame = parts.every(({ name, bytes }) => {
    const found = read.find((one) => one.name === name);
    return found !== undefined && Buffer.from(found.bytes).equals(bytes);
  });
  for (const { bytes } of read) bytes.fill(0);
  if (isSame && read.length === parts.length) return;
  throw new DuplifsError('DAMAGED', `"${path}" does not hold what was written into it`);
}

async function print(
  file: string,
  { parts, description }: CollectedKit,
  { passphrase, bits }: NewSecret,
  { json }: KitOptions,
): Promise<void> {
  const output = new Output(process.stdout);
  const generated = bits === undefined ? undefined : passphrase.toString('utf8');
  const names = parts.map(({ name }) => name);
  if (json) {
    const { keys, opensAll } = description;
    await output.json({
      file,
      parts: names,
      keys,
      opensAll,
      passphrase: generated,
      passphraseBits: bits,
    });
  } else {
    await output.line(`"${file}" holds ${names.join(', ')}`);
    for (const { fingerprint, isSecret } of description.keys) {
      await output.line(`  ${isSecret ? 'secret' : 'public'} key ${fingerprint}`);
    }
    if (generated !== undefined) {
      await output.line(
        `Passphrase of the kit (${bits ?? 0} bits; write it down, it is kept nowhere):`,
      );
      await output.line(`  ${generated}`);
    }
    await output.line(`On a new machine:  duplifs kit open "${file}"`);
    await output.line(`or without duplifs:  gpg -d "${file}" | tar x`);
  }
  await output.end();
}
