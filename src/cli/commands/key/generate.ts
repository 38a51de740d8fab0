import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { DuplifsError, errorText } from '../../../base/index.js';
import { generateKey, keyAlgorithms, listGpgKeys } from '../../../openpgp/index.js';
import type { KeyAlgorithm, NewKey } from '../../../openpgp/index.js';
import { parseInterval } from '../../../time/index.js';
import { addKeyringOptions } from '../../common-options.js';
import type { KeyOptions } from '../../common-options.js';
import { addGenerateOptions, wordsOf } from '../../keys/generate-options.js';
import type { GenerateSecretOptions } from '../../keys/generate-options.js';
import { intoKeyring } from '../../keys/into-keyring.js';
import { newKeyLines, newKeysObject } from '../../keys/new-key-text.js';
import type { MadeKey } from '../../keys/new-key-text.js';
import { givenSecret, newSecret } from '../../keys/new-secret.js';
import type { NewSecret } from '../../keys/new-secret.js';
import { writePrivateFile } from '../../keys/write-private-file.js';
import { gpgOf } from '../../open-repository.js';
import { Output } from '../../output.js';
import { askSecret } from '../../prompt/index.js';
import { runCommand } from '../../run-command.js';
import type { CommandContext } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

interface GenerateOptions extends KeyOptions, GenerateSecretOptions {
  readonly name: string;
  readonly email?: string;
  readonly sign: boolean;
  /** In seconds; undefined: never. */
  readonly expires?: number;
  readonly algorithm: KeyAlgorithm;
  readonly toFiles?: string;
  readonly signPassphraseFile?: string;
  /** False: the secret keys are protected by nothing. */
  readonly passphrase: boolean;
  readonly json: boolean;
}

/** `key generate`: a key to encrypt backups to and, where asked for, one that signs them. */
export function generateCommand(): Command {
  const command = new LazyCommand('generate')
    .description('make a key to encrypt backups to and, with --sign, one that signs them')
    .option('--name <name>', 'whose backups they are', `Backups of ${hostname()}`)
    .option('--email <address>', 'goes with the name')
    .option('--sign', 'make a second key, which signs', false)
    .option('--expires <time>', 'when they end: 5Y, or never', parseExpiry)
    .addOption(
      new Option('--algorithm <name>', 'what they are made of')
        .choices(keyAlgorithms)
        .default('curve25519'),
    )
    .option(
      '--to-files <folder>',
      'into armored files there, for --key-file, and not into the GnuPG keyring',
    )
    .option(
      '--sign-passphrase-file <file>',
      'passphrase of the signing key, as SIGN_PASSPHRASE (default: the same as of the other)',
    )
    .option('--no-passphrase', 'protect the secret keys by no passphrase')
    .option('--json', 'print one JSON line', false)
    .action(async (options: GenerateOptions) => {
      await runCommand(options.verbosity, (context) => generate(options, context));
    });
  return addKeyringOptions(addGenerateOptions(command));
}

async function generate(options: GenerateOptions, context: CommandContext): Promise<number> {
  const { toFiles } = options;
  const gpg = gpgOf(options);
  // before anybody types a passphrase
  if (toFiles === undefined) await listGpgKeys(gpg, context.signal);
  else await makeFolder(toFiles);
  const made: MadeKey[] = [];
  const secrets: NewSecret[] = [];
  try {
    for (const use of options.sign ? (['encrypt', 'sign'] as const) : (['encrypt'] as const)) {
      const secret = await secretFor(use, options, context, secrets[0]);
      if (secret !== undefined) secrets.push(secret);
      const key = await generateKey({
        use,
        name: options.name,
        email: options.email,
        comment: use === 'encrypt' ? 'backup encryption' : 'backup signing',
        algorithm: options.algorithm,
        validSeconds: options.expires,
        passphrase: secret?.passphrase,
      });
      const files = toFiles === undefined ? undefined : await writeFiles(key, toFiles);
      if (files === undefined) await intoKeyring(key, gpg, context.signal);
      made.push({ key, files, secret, validSeconds: options.expires });
    }
    await print(made, options);
  } finally {
    for (const { passphrase } of secrets) passphrase.fill(0);
  }
  return 0;
}

/** The signing key's passphrase lies on the machine that makes the backups, the other's need not: they may differ. */
async function secretFor(
  use: NewKey['use'],
  options: GenerateOptions,
  { log }: CommandContext,
  first: NewSecret | undefined,
): Promise<NewSecret | undefined> {
  if (!options.passphrase) return undefined;
  const words = wordsOf(options);
  if (use === 'encrypt') {
    const [file] = options.passphraseFile;
    const source = { what: 'the key', variable: 'PASSPHRASE', file } as const;
    const encrypting = { ...source, fileOption: '--passphrase-file' };
    return await newSecret(encrypting, words, log);
  }
  const signing = {
    what: 'the signing key',
    variable: 'SIGN_PASSPHRASE',
    file: options.signPassphraseFile,
    fileOption: '--sign-passphrase-file',
  } as const;
  if (words !== undefined) return await newSecret(signing, words, log);
  const given = await givenSecret(signing, log);
  if (given !== undefined) return { passphrase: given, bits: undefined };
  const typed = await askSecret('Passphrase of the signing key (nothing: the same)');
  if (typed === undefined) {
    return first && { passphrase: Buffer.from(first.passphrase), bits: undefined };
  }
  const again = await askSecret('The same again');
  if (again?.equals(typed) === true) return { passphrase: typed, bits: undefined };
  throw new DuplifsError('KEY', 'The two passphrases are not the same');
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DuplifsError('TARGET', `Cannot make "${folder}": ${errorText(error)}`, {
      cause: error,
    });
  }
}

async function writeFiles(key: NewKey, folder: string): Promise<string[]> {
  const stem = join(folder, `backup-${key.use}-${key.fingerprint.slice(-16)}`);
  const files = [
    { path: `${stem}.secret.asc`, text: key.secretKey },
    { path: `${stem}.public.asc`, text: key.publicKey },
  ];
  for (const { path, text } of files) await writePrivateFile(path, Buffer.from(text), false);
  return files.map(({ path }) => path);
}

async function print(made: readonly MadeKey[], { json }: GenerateOptions): Promise<void> {
  const output = new Output(process.stdout);
  if (json) await output.json(newKeysObject(made));
  else for (const line of newKeyLines(made)) await output.line(line);
  await output.end();
}

function parseExpiry(text: string): number | undefined {
  if (text === 'never') return undefined;
  try {
    const seconds = parseInterval(text);
    if (seconds > 0) return seconds;
  } catch {
    // said below
  }
  throw new InvalidArgumentError('Give never, or a time as 5Y, 18M or 90D.');
}
