/**
 * Backups of a tree full of hard cases, with a recording of that tree for each of their sets: made live by
 * the installed duplicity, or by duplicity 3.x and kept in test/fixtures.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GpgHome } from '../openpgp/gpg-home.js';
import { once } from './once.js';
import { root, run, runOk } from './run.js';

export interface Chain {
  readonly name: string;
  readonly url: string;
  /** The folder of the URL. */
  readonly target: string;
  /** Of each set, in seconds since the epoch. */
  readonly times: readonly number[];
  /** The path of the recording of each set. */
  readonly recordings: readonly string[];
  /** What duplifs needs to open it. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** How many lines the restore by duplicity itself differs from each recording. */
  readonly knownDifferences: readonly number[];
}

export const liveChains = ['gzip', 'plain', 'passphrase', 'keyring', 'signed'] as const;
export const goldenChains = ['v3-gzip', 'v3-plain', 'v3-passphrase', 'v3-signed'] as const;
/** The same backups, opened by exported keys and with no gpg at all. */
export const keyFileChains = [
  'keyring by key file',
  'signed by key files',
  'v3-signed by key files',
] as const;

export type ChainName =
  (typeof liveChains)[number] | (typeof goldenChains)[number] | (typeof keyFileChains)[number];

/** Whether chains can be made live, with real owners and devices; in CI they must. */
export const canMakeChains =
  process.env['CI'] === 'true' || (process.getuid?.() === 0 && hasProgram('duplicity'));

const tools = join(root, 'test', 'tools');
const fixtures = join(root, 'test', 'fixtures');
const withoutGpg = ['--gpg-binary', '/nonexistent/gpg'];

/** Makes a chain, or takes that which was made in this run. Not to be changed: others read it too. */
export async function chain(name: ChainName): Promise<Chain> {
  switch (name) {
    case 'gzip':
      return live(name, ['--no-encryption']);
    case 'plain':
      return live(name, ['--no-encryption', '--no-compression']);
    case 'passphrase':
      return live(name, [], { PASSPHRASE: 'a pass phrase' });
    case 'keyring':
      return live(name, ['--encrypt-key=encrypter'], { PASSPHRASE: 'of the encrypter' });
    case 'signed':
      return live(name, ['--encrypt-key=encrypter', '--sign-key=signer'], {
        PASSPHRASE: 'of the encrypter',
        SIGN_PASSPHRASE: 'of the signer',
      });
    case 'v3-gzip':
      return golden(name);
    case 'v3-plain':
      return { ...(await golden(name)), knownDifferences: [0, 0, 8] };
    case 'v3-passphrase':
      return { ...(await golden(name)), env: { PASSPHRASE: 'test' } };
    case 'v3-signed':
      return goldenSigned(await golden(name));
    case 'v3-signed by key files':
      return {
        ...(await golden('v3-signed')),
        name,
        args: [
          ...withoutGpg,
          ...['--key-file', join(fixtures, 'encrypter.pkey')],
          ...['--key-file', join(fixtures, 'signer.key')],
          ...['--sign-key', v3Signer],
        ],
        env: { PASSPHRASE: 'encrypter-pass' },
      };
    case 'keyring by key file':
      return byKeyFiles(name, await chain('keyring'));
    case 'signed by key files':
      return byKeyFiles(name, await chain('signed'));
  }
}

/** Runs check-tree: the differences between a folder and a recording, one a line. */
export async function differences(
  recording: string,
  folder: string,
  options: readonly string[] = [],
): Promise<readonly string[]> {
  const args = ['--limit', '100', ...options, recording, folder];
  const { status, stdout, stderr } = await run(join(tools, 'check-tree'), args);
  const lines = stdout.trimEnd().split('\n');
  const summary = lines.pop() ?? '';
  if (!/^[1-9]\d* entries, \d+ differences$/.test(summary)) {
    throw new Error(`check-tree ${folder}: status ${status} ${stdout} ${stderr}`);
  }
  return lines;
}

/** A set's folder in snapshots/. */
export function folderName(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z').replaceAll(':', '-');
}

/** What duplicity itself restores from a chain that needs no keys, made once in a run. */
export async function restoredByDuplicity({ name, url }: Chain): Promise<string> {
  const folder = await once(`${name}-restored`, async (made) => {
    const options = ['--no-encryption', '--archive-dir', join(made, 'cache')];
    await runOk('duplicity', ['restore', ...options, url, join(made, 'tree')]);
  });
  return join(folder, 'tree');
}

/** @param options for duplicity; a key is named by its user name */
async function live(
  name: string,
  options: readonly string[],
  secrets: Record<string, string> = {},
): Promise<Chain> {
  const folder = await once(`live-${name}`, async (made) => {
    const home = await gpgHome(join(made, 'gnupg'));
    const withIds = options.map((option) => {
      const [, flag, user] = /^(--(?:encrypt|sign)-key)=(.*)$/.exec(option) ?? [];
      if (flag === undefined || user === undefined) return option;
      const secret = secrets[flag === '--sign-key' ? 'SIGN_PASSPHRASE' : 'PASSPHRASE'];
      return `${flag}=${makeKey(home, user, secret ?? '')}`;
    });
    const args = [join(made, 'chain'), '--generations', '4', '--', ...withIds];
    await runOk(join(tools, 'make-chain'), args, { env: { ...secrets, GNUPGHOME: home.path } });
  });
  const home = join(folder, 'gnupg');
  const isSigned = secrets['SIGN_PASSPHRASE'] !== undefined;
  return {
    ...(await readChain(name, join(folder, 'chain'))),
    args: isSigned ? ['--sign-key', new GpgHome(home).idsOf('signer').fingerprint] : [],
    env: { ...secrets, GNUPGHOME: home },
  };
}

/** Makes a key, and files of its public and its private part; its fingerprint. */
export function makeKey(home: GpgHome, user: string, secret: string): string {
  const { fingerprint } = home.makeKey(user, secret);
  home.gpg(['--output', `${home.path}/${user}.key`, '--armor', '--export', user]);
  home.gpg(['--output', `${home.path}/${user}.pkey`, '--export-secret-keys', user], '', secret);
  // gpg refuses to encrypt to a key that nobody vouches for
  home.gpg(['--import-ownertrust'], `${fingerprint}:6:\n`);
  return fingerprint;
}

/** A GnuPG home whose agent does not spend half a second on each use of a key. */
export async function gpgHome(folder: string): Promise<GpgHome> {
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'gpg-agent.conf'), 's2k-count 65536\n');
  return new GpgHome(folder);
}

async function byKeyFiles(name: string, base: Chain): Promise<Chain> {
  const home = base.env['GNUPGHOME'] ?? '';
  const files = (await readdir(home)).filter((file) =>
    /^(encrypter\.pkey|signer\.key)$/.test(file),
  );
  return {
    ...base,
    name,
    args: [
      ...base.args,
      ...withoutGpg,
      ...files.flatMap((file) => ['--key-file', join(home, file)]),
    ],
    env: { PASSPHRASE: base.env['PASSPHRASE'] ?? '', GNUPGHOME: '/nonexistent' },
  };
}

const v3Signer = '81E5FE0BD4F21BEFEF3AC99AFE8DE8D193E94220';

async function golden(name: (typeof goldenChains)[number]): Promise<Chain> {
  const folder = await once(`golden-${name}`, async (made) => {
    await runOk('tar', [
      '-xzf',
      join(fixtures, `${name}.tar.gz`),
      '-C',
      made,
      '--strip-components=1',
    ]);
  });
  return readChain(name, folder);
}

/** With its keys in a GnuPG keyring. */
async function goldenSigned(base: Chain): Promise<Chain> {
  const folder = await once('golden-keyring', async (made) => {
    const home = await gpgHome(join(made, 'gnupg'));
    home.gpg(['--import', join(fixtures, 'encrypter.pkey')], '', 'encrypter-pass');
    home.gpg(['--import', join(fixtures, 'signer.key')]);
  });
  return {
    ...base,
    args: ['--sign-key', v3Signer],
    env: { PASSPHRASE: 'encrypter-pass', GNUPGHOME: join(folder, 'gnupg') },
  };
}

async function readChain(name: string, folder: string): Promise<Chain> {
  const times = JSON.parse(await readFile(join(folder, 'times.json'), 'utf8')) as number[];
  return {
    name,
    url: `file://${join(folder, 'target')}`,
    target: join(folder, 'target'),
    times,
    recordings: times.map((_, set) => join(folder, 'expected', `${set}.json`)),
    args: [],
    env: {},
    knownDifferences: times.map(() => 0),
  };
}

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
