import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { DuplifsError, errorText } from '../../../base/index.js';
import {
  importKeys,
  isKeyBundle,
  Keyring,
  listGpgKeys,
  openKeyBundle,
  parseKeyFile,
  setOwnertrust,
} from '../../../openpgp/index.js';
import type { GpgProgram, KeyFile, KeyFileContents } from '../../../openpgp/index.js';
import { addKeyringOptions } from '../../common-options.js';
import type { KeyOptions } from '../../common-options.js';
import { bundleSource } from '../../keys/bundle.js';
import { keyLines, keyObject } from '../../keys/key-text.js';
import { knownSecret } from '../../keys/new-secret.js';
import type { Log } from '../../log.js';
import { gpgOf } from '../../open-repository.js';
import { Output } from '../../output.js';
import { runCommand } from '../../run-command.js';
import type { CommandContext } from '../../run-command.js';
import { LazyCommand } from '../../options/index.js';

interface ImportOptions extends KeyOptions {
  readonly trust: boolean;
  readonly bundlePassphraseFile?: string;
  readonly json: boolean;
}

/** `key import`: keys of files, and of bundles that `key export` has made, into the GnuPG keyring. */
export function importCommand(): Command {
  const command = new LazyCommand('import')
    .description('put keys of files into the GnuPG keyring: public, secret, bundles, ownertrust')
    .argument('<file...>', 'what "key export" or gpg has written')
    .option('--trust', 'trust all keys of the files, as "key trust" does', false)
    .option(
      '--bundle-passphrase-file <file>',
      'passphrase of an encrypted bundle, as BUNDLE_PASSPHRASE',
    )
    .option('--json', 'print JSON lines', false)
    .action(async (files: readonly string[], options: ImportOptions) => {
      await runCommand(options.verbosity, (context) => importFiles(files, options, context));
    });
  return addKeyringOptions(command);
}

async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  { log, signal }: CommandContext,
): Promise<number> {
  const gpg = gpgOf(options);
  const all = new Set<string>();
  for (const path of files) {
    const contents = await openFile(path, options, log);
    const { keys, ownertrust } = contents;
    if (keys === undefined && ownertrust.size === 0) {
      throw new DuplifsError('KEY', `There is no key in "${path}"`);
    }
    const { fingerprints } =
      keys === undefined
        ? { fingerprints: [...ownertrust.keys()] }
        : await importKeys(gpg, keys, signal);
    keys?.fill(0);
    await setOwnertrust(gpg, trustOf(contents, fingerprints, options), signal);
    tellOfTrust(contents, path, log);
    for (const fingerprint of fingerprints) all.add(fingerprint);
  }
  await printKeys(gpg, all, options, signal);
  return 0;
}

interface OpenedFile extends KeyFileContents {
  readonly wasEncrypted: boolean;
}

async function openFile(path: string, options: ImportOptions, log: Log): Promise<OpenedFile> {
  const file: KeyFile = { path, bytes: await read(path) };
  if (!isKeyBundle(file)) return { ...parseKeyFile(file.bytes), wasEncrypted: false };
  const passphrase = await knownSecret(bundleSource(path, options), log);
  const keyring = new Keyring({ passphrases: [passphrase], gpg: gpgOf(options) });
  passphrase.fill(0);
  try {
    const { bytes } = await openKeyBundle(file, keyring);
    const contents = parseKeyFile(bytes);
    if (contents.keys !== bytes) bytes.fill(0);
    return { ...contents, wasEncrypted: true };
  } finally {
    keyring.wipe();
  }
}

/**
 * What is to be trusted: what a bundle says of the keys in it, for only who knows its passphrase has made it; what a
 * file says that has nothing else in it. What stands beside a key in the clear may be anybody's.
 */
function trustOf(
  { keys, ownertrust, wasEncrypted }: OpenedFile,
  fingerprints: readonly string[],
  { trust }: ImportOptions,
): KeyFileContents['ownertrust'] {
  if (trust) return new Map(fingerprints.map((one) => [one, 'ultimate'] as const));
  if (keys === undefined) return ownertrust;
  if (!wasEncrypted) return new Map();
  const imported = new Set(fingerprints);
  return new Map([...ownertrust].filter(([fingerprint]) => imported.has(fingerprint)));
}

function tellOfTrust({ keys, ownertrust, wasEncrypted }: OpenedFile, path: string, log: Log): void {
  if (keys === undefined || wasEncrypted || ownertrust.size === 0) return;
  log.warn(
    `What "${path}" says of trust is not taken, for anybody can have written it: see "duplifs key trust"`,
  );
}

async function printKeys(
  gpg: GpgProgram,
  fingerprints: ReadonlySet<string>,
  { json }: ImportOptions,
  signal: AbortSignal,
): Promise<void> {
  const records = (await listGpgKeys(gpg, signal)).filter((one) =>
    fingerprints.has(one.fingerprint),
  );
  const output = new Output(process.stdout);
  for (const record of records) {
    if (json) await output.json(keyObject(record));
    else for (const line of keyLines(record)) await output.line(line);
  }
  await output.end();
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new DuplifsError('KEY', `Cannot read "${path}": ${errorText(error)}`, { cause: error });
  }
}
