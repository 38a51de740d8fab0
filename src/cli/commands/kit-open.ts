import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import { kitFolder, kitPartNames, openKit, readDescription } from '../../kit/index.js';
import type { KitPart } from '../../kit/index.js';
import type { OptionKeys } from '../../profiles/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { kitSource } from '../kit/kit-source.js';
import { shellWord } from '../kit/kept-options.js';
import { missingSecrets, takeProfiles } from '../kit/profile-parts.js';
import { noteHost, takeKeys, useCredentials, writeParts } from '../kit/set-up.js';
import { knownSecret } from '../keys/new-secret.js';
import { gpgOf } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { storageOptionsFrom } from '../storage-options.js';
import { testKeys } from './key/test.js';
import { LazyCommand } from '../options/index.js';

interface KitOpenOptions extends CommonOptions {
  readonly into: string;
  /** False: the keys stay in a file, and the GnuPG keyring as it is. */
  readonly keyring: boolean;
  /** False: nothing is tried. */
  readonly test: boolean;
  readonly kitPassphraseFile?: string;
}

/** `kit open`: sets up on this machine what a kit holds, and proves that the backup can be restored with it. */
export function kitOpenCommand(keys: () => OptionKeys): Command {
  const command = new LazyCommand('open')
    .description('set up what a kit holds on this machine, and prove that it restores')
    .argument('<file>', 'the kit')
    .option('--into <folder>', 'for what is neither a key nor a known host', kitFolder)
    .option('--no-keyring', 'leave keys in that folder, for --key-file, and not in GnuPG')
    .option('--no-test', 'do not try to restore')
    .option('--kit-passphrase-file <file>', 'passphrase of the kit, as KIT_PASSPHRASE')
    .action(async (file: string, options: KitOpenOptions) => {
      await runCommand(options.verbosity, (context) =>
        setUp(file, { command, options, keys }, context),
      );
    });
  return addCommonOptions(command);
}

interface Called {
  readonly command: Command;
  readonly options: KitOpenOptions;
  readonly keys: () => OptionKeys;
}

async function setUp(
  file: string,
  { command, options, keys }: Called,
  context: CommandContext,
): Promise<number> {
  const parts = await partsOf(file, options, context);
  try {
    const bytes = parts.find(({ name }) => name === kitPartNames.description)?.bytes;
    if (bytes === undefined) {
      throw new DuplifsError('DAMAGED', `"${file}" has no "${kitPartNames.description}"`);
    }
    const description = readDescription(bytes);
    const folder = resolve(options.into);
    const keptInFolder = await writeParts(parts, folder, options);
    const { url, words } = await useCredentials(parts, folder, description);
    const { options: all, given } = optionsWith([...description.options, ...words], command);
    const output = new Output(process.stdout);
    const say = async (line: string): Promise<void> => output.line(line);
    for (const name of keptInFolder) await say(`"${folder}/${name}" written`);
    if (options.keyring) {
      for (const line of await takeKeys(parts, gpgOf(all), context.signal)) await say(line);
    }
    for (const line of await takeProfiles(parts, folder, options.force)) await say(line);
    for (const line of await missingSecrets(parts, keys)) await say(line);
    await say(await noteHost(parts, url, storageOptionsFrom({ ...all }, process.env)));
    await say('');
    await output.end();
    const exitCode = options.test
      ? await testKeys(url, { ...all, all: true, json: false }, context)
      : 0;
    await say('');
    await say(
      `Restore with:  duplifs restore ${[...given, description.url].map(shellWord).join(' ')} FOLDER`,
    );
    await output.end();
    return exitCode;
  } finally {
    for (const { bytes } of parts) bytes.fill(0);
  }
}

async function partsOf(
  path: string,
  options: KitOpenOptions,
  { log, signal }: CommandContext,
): Promise<KitPart[]> {
  let bytes;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new DuplifsError('TARGET', `Cannot read "${path}": ${errorText(error)}`, {
      cause: error,
    });
  }
  const passphrase = await knownSecret(kitSource(options), log);
  const keys = { passphrases: [passphrase], gpg: gpgOf(options) };
  try {
    return await openKit({ path, bytes }, keys, signal);
  } finally {
    passphrase.fill(0);
  }
}

/** The options of the kit, and over them those that were given here; and the words for all but the latter. */
function optionsWith(
  words: readonly string[],
  command: Command,
): { readonly options: CommonOptions; readonly given: readonly string[] } {
  const parsed = addCommonOptions(new LazyCommand()).exitOverride();
  parsed.parse([...words], { from: 'user' });
  const here = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === 'cli',
  );
  const options = { ...parsed.opts<CommonOptions>(), ...Object.fromEntries(here) };
  // a header may hold a token
  const given = words.filter((word) => !word.startsWith('--webdav-headers='));
  return { options, given };
}
