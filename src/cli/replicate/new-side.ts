/** The options of the side that a copy is made for, where that is to be opened by others. */
import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import type { Keyring } from '../../openpgp/index.js';
import type { Rewriting } from '../../replicate/index.js';
import { chooseEncoding } from '../backup/encoding.js';
import { parseLevel, parseVolumeSize } from '../backup/write-options.js';
import { append } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import type { Log } from '../log.js';
import { openKeyring } from '../open-repository.js';
import { passphrasesIn } from '../secrets.js';
import { programVersion } from '../version.js';

export interface NewSideOptions extends CommonOptions {
  readonly toEncryptKey: readonly string[];
  readonly toHiddenEncryptKey: readonly string[];
  readonly toSignKey?: string;
  readonly toPassphraseFile?: string;
  readonly toNoEncryption: boolean;
  readonly volsize?: number;
  readonly compression: boolean;
  readonly compressionLevel: number;
}

/** Adds the options to a command. */
export function addNewSideOptions(command: Command): void {
  command
    .option(
      '--to-encrypt-key <id>',
      'write the copy anew, encrypted to this key (repeatable)',
      append,
      [],
    )
    .option('--to-hidden-encrypt-key <id>', 'the same without naming the key', append, [])
    .option('--to-passphrase-file <file>', 'the same, encrypted with the passphrase in this file')
    .option('--to-no-encryption', 'the same, for anybody to read', false)
    .option('--to-sign-key <id>', 'sign what is written anew')
    .option(
      '--volsize <mib>',
      'join small volumes up to this size, where written anew',
      parseVolumeSize,
    )
    .option('--no-compression', 'what is written anew is not compressed')
    .option('--compression-level <level>', '1 (fast) to 9 (small)', parseLevel, 1);
}

export interface NewSide {
  readonly rewriting: Rewriting;
  readonly signsWith: string | undefined;
  /** What opens the copy. */
  readonly keyring: Keyring;
}

/**
 * How the copy is written anew; undefined where files are copied as they are.
 * @throws DuplifsError USAGE, KEY
 */
export async function newSideOf(
  options: NewSideOptions,
  log: Log,
  signal: AbortSignal,
): Promise<NewSide | undefined> {
  const { toEncryptKey, toHiddenEncryptKey, toPassphraseFile, toNoEncryption, toSignKey } = options;
  const hasKeys = toEncryptKey.length + toHiddenEncryptKey.length > 0;
  const ways = [hasKeys, toPassphraseFile !== undefined, toNoEncryption].filter(Boolean).length;
  if (ways === 0) {
    refuseWithoutKeys(options);
    return undefined;
  }
  if (ways > 1) {
    throw new DuplifsError('USAGE', 'Keys, a passphrase and no encryption exclude each other', {
      hint: 'Give one of --to-encrypt-key, --to-passphrase-file and --to-no-encryption',
    });
  }
  refuseLaundering(options);
  const first = toPassphraseFile === undefined ? [] : await passphrasesIn(toPassphraseFile, log);
  const keyring = await openKeyring(options, log, undefined, first);
  const { compression, compressionLevel, gpgOptions } = options;
  const written = {
    compression,
    compressionLevel,
    gpgOptions,
    encryption: !toNoEncryption,
    encryptKey: toEncryptKey,
    hiddenEncryptKey: toHiddenEncryptKey,
  };
  const signed = toSignKey === undefined ? written : { ...written, signKey: toSignKey };
  const encoding = await chooseEncoding(signed, keyring, { signal, isNew: true });
  const volumeBytes = options.volsize === undefined ? undefined : options.volsize * 2 ** 20;
  const rewriting = { encoding, volumeBytes, producer: `duplifs ${programVersion()}` };
  return { rewriting, signsWith: toSignKey, keyring };
}

function refuseWithoutKeys({ volsize, toSignKey }: NewSideOptions): void {
  if (volsize === undefined && toSignKey === undefined) return;
  const option = volsize === undefined ? '--to-sign-key' : '--volsize';
  throw new DuplifsError('USAGE', `${option} is for a copy that is written anew`, {
    hint: 'Say for whom: --to-encrypt-key, --to-passphrase-file or --to-no-encryption',
  });
}

/** Signed by us, what was never verified would look as if it had been; and the other way round. */
function refuseLaundering(options: NewSideOptions): void {
  const { signKey, encryptSignKey, toSignKey, allowUnprotected } = options;
  const isVerified = (signKey ?? encryptSignKey) !== undefined;
  if (allowUnprotected || isVerified === (toSignKey !== undefined)) return;
  throw isVerified
    ? new DuplifsError('USAGE', 'The backup is signed, and the copy would not be', {
        hint: 'Give --to-sign-key, or leave it unsigned with --allow-unprotected',
      })
    : new DuplifsError('USAGE', 'What is signed on the copy must be verified on the backup', {
        hint: 'Give --sign-key for the backup, or sign what was not with --allow-unprotected',
      });
}
