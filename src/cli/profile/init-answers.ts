/** What `init` has to know: from options, or from questions where there is a terminal. */
import { homedir } from 'node:os';
import type * as Prompts from '@clack/prompts';
import { DuplifsError } from '../../base/index.js';
import { isProfileName, parseSchedule } from '../../profiles/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { parseInterval } from '../../time/index.js';
import type { InitOptions } from './command-options.js';

export type Protection =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly id: string }
  /** To be made. */
  | { readonly kind: 'new-key' }
  | { readonly kind: 'file'; readonly path: string }
  /** Typed, and to be kept in a file of its own. */
  | { readonly kind: 'passphrase'; readonly text: string };

export interface InitAnswers {
  readonly name: string;
  readonly source: string;
  readonly url: string;
  readonly protection: Protection;
  readonly exclude: readonly string[];
  readonly fullIfOlderThan: string;
  readonly keep: string | undefined;
  readonly every: string | undefined;
}

const usualFull = '1M';

/**
 * The answers that the options give.
 * @throws DuplifsError USAGE naming the options that replace the questions
 */
export function answersFrom(name: string | undefined, options: InitOptions): InitAnswers {
  const { source, url, exclude, keep, every } = options;
  const protection = protectionFrom(options);
  const missing = [
    ...(name === undefined ? ['a name'] : []),
    ...(source === undefined ? ['--source FOLDER'] : []),
    ...(url === undefined ? ['--url URL'] : []),
    ...(protection === undefined
      ? ['--encrypt-key ID, --generate-key, --passphrase-file FILE or --no-encryption']
      : []),
  ];
  if (name === undefined || source === undefined || url === undefined || protection === undefined) {
    throw new DuplifsError('USAGE', 'There is no terminal to ask on', {
      hint: `Give ${missing.join('; ')}. Besides, if wanted: --exclude, --full-if-older-than, --keep, --every, --schedule, --backup, --kit`,
    });
  }
  for (const check of [checkName(name), checkKeep(keep ?? ''), checkEvery(every ?? '')]) {
    if (check !== undefined) throw new DuplifsError('USAGE', check);
  }
  const fullIfOlderThan = options.fullIfOlderThan ?? usualFull;
  return { name, source, url, protection, exclude, fullIfOlderThan, keep, every };
}

function protectionFrom({
  encryptKey,
  generateKey,
  passphraseFile,
  encryption,
}: InitOptions): Protection | undefined {
  if (!encryption) return { kind: 'none' };
  if (encryptKey !== undefined) return { kind: 'key', id: encryptKey };
  if (generateKey) return { kind: 'new-key' };
  return passphraseFile === undefined ? undefined : { kind: 'file', path: passphraseFile };
}

/** Asks for whatever the options do not say. */
export async function askAnswers(
  name: string | undefined,
  options: InitOptions,
): Promise<InitAnswers> {
  const clack = await import('@clack/prompts');
  const text = async (
    message: string,
    usual: string,
    check: (value: string) => string | undefined = required,
  ): Promise<string> => {
    const answer = await clack.text({
      message,
      defaultValue: usual,
      placeholder: usual,
      validate: (value) => check(value === undefined || value === '' ? usual : value),
    });
    return given(answer, clack.isCancel);
  };
  clack.intro('A new profile');
  const chosen = name ?? (await text('What is it called?', 'home', checkName));
  const source = options.source ?? (await text('Which folder is backed up?', homedir()));
  const url =
    options.url ??
    (await text('Where does the backup go? (a URL, or a folder)', '', (value) =>
      value === ''
        ? 'Such as sftp://me@host/backup, s3://bucket/backup or /media/disk/backup'
        : undefined,
    ));
  const protection = protectionFrom(options) ?? (await askProtection(clack));
  const keep =
    options.keep ??
    (await text('How long are old backups kept? ("for ever", or 6M, 1Y)', '1Y', checkKeep));
  const every =
    options.every ??
    (await text('When does it run? (daily@02:30, 2h, …, or "by hand")', 'daily@02:30', checkEvery));
  return {
    name: chosen,
    source,
    url,
    protection,
    exclude: options.exclude,
    fullIfOlderThan: options.fullIfOlderThan ?? usualFull,
    keep: keep === 'for ever' ? undefined : keep,
    every: every === 'by hand' ? undefined : every,
  };
}

type Clack = typeof Prompts;

async function askProtection(clack: Clack): Promise<Protection> {
  const kind = given(
    await clack.select({
      message: 'How is it encrypted?',
      options: [
        { value: 'passphrase' as const, label: 'with a passphrase' },
        { value: 'new-key' as const, label: 'to a new key, made now in the GnuPG keyring' },
        { value: 'key' as const, label: 'to a key in the GnuPG keyring' },
        { value: 'none' as const, label: 'not at all: whoever has the storage can read it' },
      ],
    }),
    clack.isCancel,
  );
  if (kind === 'none' || kind === 'new-key') return { kind };
  if (kind === 'key') {
    const id = await clack.text({
      message: 'Which key?',
      validate: (value) => required(value ?? ''),
    });
    return { kind, id: given(id, clack.isCancel) };
  }
  for (;;) {
    const ask = async (message: string): Promise<string> =>
      given(
        await clack.password({ message, validate: (value) => required(value ?? '') }),
        clack.isCancel,
      );
    const [first, second] = [await ask('Passphrase'), await ask('The same again')];
    if (first === second) return { kind, text: first };
    clack.log.warn('The two are not the same');
  }
}

/** @throws DuplifsError INTERRUPTED when the question was left with Ctrl-C */
function given<T>(answer: T, isCancel: (value: unknown) => value is symbol): Exclude<T, symbol> {
  if (isCancel(answer)) throw new DuplifsError('INTERRUPTED', 'Nothing was written');
  return answer as Exclude<T, symbol>;
}

function required(value: string): string | undefined {
  return value === '' ? 'An answer is needed' : undefined;
}

function checkName(value: string): string | undefined {
  return isProfileName(value) && !isStorageUrl(value)
    ? undefined
    : `"${value}" cannot be a name: use letters, digits, "-", "_" and "."`;
}

function checkKeep(value: string): string | undefined {
  return value === '' || value === 'for ever' ? undefined : messageOf(() => parseInterval(value));
}

function checkEvery(value: string): string | undefined {
  return value === '' || value === 'by hand' ? undefined : messageOf(() => parseSchedule(value));
}

function messageOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
