/** Passphrases that protect something from now on, and those that open it again. */
import { DuplifsError } from '../../base/index.js';
import { generatePassphrase } from '../../openpgp/index.js';
import type { Log } from '../log.js';
import { askSecret } from '../prompt/index.js';
import { environmentSecret, passphrasesIn } from '../secrets.js';
import type { SecretVariable } from '../secrets.js';

/** Where a passphrase may come from, in this order. */
export interface SecretSource {
  /** "the bundle": for questions and errors. */
  readonly what: string;
  readonly variable: SecretVariable;
  /** Its first line is the passphrase. */
  readonly file: string | undefined;
  /** The option that names the file, for hints. */
  readonly fileOption: string;
}

/** A passphrase that is used for the first time. The caller wipes it. */
export interface NewSecret {
  readonly passphrase: Buffer;
  /** Of a passphrase that was generated; it must be shown, for nobody else knows it. */
  readonly bits: number | undefined;
}

/**
 * A new passphrase: generated where `words` says so, else given, else typed twice.
 * @throws DuplifsError KEY when there is none, or the two are not the same
 */
export async function newSecret(
  source: SecretSource,
  words: number | undefined,
  log: Log,
): Promise<NewSecret> {
  if (words !== undefined) return await generatePassphrase(words);
  const given = await givenSecret(source, log);
  if (given !== undefined) return { passphrase: given, bits: undefined };
  const typed = await askSecret(`New passphrase of ${source.what}`);
  if (typed === undefined) {
    throw noSecret(source, ', or give --generate-passphrase');
  }
  const again = await askSecret('The same again');
  const isSame = again?.equals(typed) === true;
  again?.fill(0);
  if (isSame) return { passphrase: typed, bits: undefined };
  typed.fill(0);
  throw new DuplifsError('KEY', 'The two passphrases are not the same');
}

/** The passphrase of something that is there: given or typed. The caller wipes it. */
export async function knownSecret(source: SecretSource, log: Log): Promise<Buffer> {
  const secret =
    (await givenSecret(source, log)) ?? (await askSecret(`Passphrase of ${source.what}`));
  if (secret === undefined) throw noSecret(source, '');
  return secret;
}

/** What the variable or the file gives; undefined where neither does. */
export async function givenSecret(
  { variable, file, what }: SecretSource,
  log: Log,
): Promise<Buffer | undefined> {
  const fromVariable = environmentSecret(variable);
  if (fromVariable !== undefined && fromVariable.length > 0) {
    if (!fromVariable.includes('\n')) return Buffer.from(fromVariable);
    throw new DuplifsError('KEY', `The passphrase of ${what} in ${variable} has several lines`);
  }
  if (file === undefined) return undefined;
  const [first, ...others] = await passphrasesIn(file, log);
  for (const other of others) other.fill(0);
  return first;
}

function noSecret({ what, variable, fileOption }: SecretSource, more: string): DuplifsError {
  return new DuplifsError('KEY', `There is no passphrase for ${what}`, {
    hint: `Set ${variable}, or name a file with ${fileOption}${more}`,
  });
}
