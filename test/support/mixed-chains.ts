/**
 * Chains that duplifs (u) and duplicity (d) write in turns, and what has to hold of each: both restore every
 * generation as it was recorded, so does a mount, both verify the last, and nothing is left over.
 */
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { differences, folderName, gpgHome, makeKey } from './chains.js';
import { canMount } from './mount-process.js';
import { withMount } from './mounted.js';
import { once } from './once.js';
import { built, duplifs, duplifsScript, root, run, runOk } from './run.js';

export const encodings = ['gzip', 'plain', 'passphrase', 'key', 'hidden key', 'signed'] as const;
export type EncodingName = (typeof encodings)[number];

export interface MixedChain {
  readonly encoding: EncodingName;
  /** Who writes which generation, such as "udu". */
  readonly writers: string;
  /** Whether all writers share one archive dir, or each begins with an empty one. */
  readonly archiveDir: 'same' | 'fresh';
}

export interface Keys {
  /** For whoever writes. */
  readonly write: readonly string[];
  /** For whoever reads. */
  readonly read: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface MadeChain {
  /** Holds `target`, `source` and `expected`. */
  readonly out: string;
  readonly keys: Keys;
  /** Of the generations, in seconds since the epoch. */
  readonly times: readonly number[];
}

/** Makes the chain in `folder`. */
export async function makeMixedChain(chain: MixedChain, folder: string): Promise<MadeChain> {
  await built();
  const keys = await keysOf(chain.encoding);
  const out = join(folder, 'chain');
  const writer = await writerOf(folder, chain);
  await runOk(
    join(root, 'test/tools/make-chain'),
    [
      ...[out, '--duplicity', writer, '--generations', String(chain.writers.length)],
      ...['--big', '1', '--', ...keys.write],
    ],
    { env: keys.env, timeoutMs: 580_000 },
  );
  const made = await readMixedChain(chain.encoding, out);
  expect(made.times).toHaveLength(chain.writers.length);
  return made;
}

/** A chain that was made before. */
export async function readMixedChain(encoding: EncodingName, out: string): Promise<MadeChain> {
  const times = JSON.parse(await readFile(join(out, 'times.json'), 'utf8')) as number[];
  return { out, keys: await keysOf(encoding), times };
}

/** Makes the chain in `folder`, and expects of it all that was said. */
export async function checkMixedChain(chain: MixedChain, folder: string): Promise<void> {
  const { out, keys, times } = await makeMixedChain(chain, folder);
  await expectOrdinaryVolumes(join(out, 'target'), keys, chain);
  await expectRecorded(out, times, keys, folder);
  await expectVerified(out, keys, folder);
}

/** Each generation, restored by both and mounted. */
async function expectRecorded(
  out: string,
  times: readonly number[],
  { read, env }: Keys,
  folder: string,
): Promise<void> {
  const url = `file://${join(out, 'target')}`;
  const theirs = [...read, '--archive-dir', join(folder, 'theirs')];
  const recordings = times.map((_, generation) => join(out, 'expected', `${generation}.json`));
  for (const [generation, time] of times.entries()) {
    const at = ['-t', String(time)];
    const byThem = join(folder, `them-${generation}`);
    const byUs = join(folder, `us-${generation}`);
    const recording = recordings[generation] ?? '';
    await runOk('duplicity', ['restore', ...theirs, ...at, url, byThem], { env });
    expect(await differences(recording, byThem)).toEqual([]);
    const ours = await duplifs(['restore', ...signKeyOf(read), ...at, url, byUs], { env });
    expect([ours.status, ours.stderr]).toEqual([0, ours.stderr]);
    expect(await differences(recording, byUs)).toEqual([]);
    for (const path of [byThem, byUs]) await rm(path, { recursive: true });
  }
  if (!canMount) return;
  await withMount({ url, args: signKeyOf(read), env }, async (mounted) => {
    for (const [generation, time] of times.entries()) {
      const shown = mounted.at('snapshots', folderName(time));
      expect(await differences(recordings[generation] ?? '', shown)).toEqual([]);
    }
  });
}

/** Both find that the last generation is the source, and that no file is too many. */
async function expectVerified(out: string, { read, env }: Keys, folder: string): Promise<void> {
  const url = `file://${join(out, 'target')}`;
  const source = join(out, 'source');
  const theirs = [...read, '--archive-dir', join(folder, 'theirs')];
  const ours = await duplifs(['verify', '--compare-data', ...signKeyOf(read), url, source], {
    env,
  });
  expect([ours.status, ours.stdout, ours.stderr]).toEqual([0, ours.stdout, ours.stderr]);
  expect(ours.stdout).toContain(' 0 differences found.');
  const verify = ['verify', '--compare-data', ...theirs, url, source];
  expect(await runOk('duplicity', verify, { env })).toContain(' 0 differences found.');
  const cleanup = await runOk('duplicity', ['cleanup', ...theirs, url], { env });
  expect(cleanup).toContain('No extraneous files found');
}

/** What gpg or gzip makes of any volume is a tar that tar lists; those of the full hold each path once. */
async function expectOrdinaryVolumes(target: string, keys: Keys, chain: MixedChain): Promise<void> {
  const volumes = (await readdir(target)).filter((name) => name.includes('.difftar'));
  expect(volumes.length).toBeGreaterThan(chain.writers.length);
  const inFull = new Set<string>();
  for (const name of volumes) {
    const listed = await listVolume(join(target, name), keys);
    expect(listed.length).toBeGreaterThan(0);
    for (const path of listed) {
      expect(path).toMatch(/^(snapshot|diff|deleted|multivol_snapshot|multivol_diff)\//);
      if (name.startsWith('duplicity-full')) inFull.add(path.replace(/^multivol_(.*)\/\d+$/, '$1'));
    }
  }
  const recording = join(target, '../expected/0.json');
  const expected = JSON.parse(await readFile(recording, 'utf8')) as unknown[];
  expect(inFull.size).toBe(expected.length);
}

async function listVolume(path: string, { env }: Keys): Promise<string[]> {
  const secret = `--batch --quiet --pinentry-mode loopback --passphrase "$PASSPHRASE"`;
  const unpack = path.endsWith('.gpg')
    ? `gpg ${secret} --decrypt "$1"`
    : path.endsWith('.gz')
      ? 'gzip -dc "$1"'
      : 'cat "$1"';
  // it does not know what Python writes beside names that are not UTF-8; duplicity's volumes end with one block, too
  const quiet = '--warning=no-unknown-keyword --warning=no-alone-zero-block';
  const tar = `tar ${quiet} --quoting-style=escape -tvf`;
  // tar stops at the zeros, which is too soon for gpg
  const line = `${unpack} > "$2" && ${tar} "$2"`;
  const { status, stdout, stderr } = await run('bash', ['-c', line, 'bash', path, `${path}.tar`], {
    env,
  });
  await rm(`${path}.tar`);
  expect([path, status, stderr]).toEqual([path, 0, stderr]);
  expect(stderr).not.toMatch(/^tar:/m);
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map(
    (entry) => /^\S+ +\S+ +[\d,]+ \S+ \S+ (.*?)(?: -> .*)?$/.exec(entry)?.[1] ?? entry,
  );
}

const passphrase = 'of the encrypter';
const signPassphrase = 'of the signer';

async function keysOf(encoding: EncodingName): Promise<Keys> {
  switch (encoding) {
    case 'gzip':
      return { write: ['--no-encryption'], read: ['--no-encryption'], env: {} };
    case 'plain': {
      const write = ['--no-encryption', '--no-compression'];
      return { write, read: ['--no-encryption'], env: {} };
    }
    case 'passphrase':
      return { write: [], read: [], env: { PASSPHRASE: 'a pass phrase' } };
    default: {
      const { home, encrypter, signer } = await keyring();
      const env = { GNUPGHOME: home, PASSPHRASE: passphrase };
      if (encoding === 'key') return { write: ['--encrypt-key', encrypter], read: [], env };
      if (encoding === 'hidden key') {
        return { write: ['--hidden-encrypt-key', encrypter], read: [], env };
      }
      const signed = ['--sign-key', signer];
      return {
        write: ['--encrypt-key', encrypter, ...signed],
        read: signed,
        env: { ...env, SIGN_PASSPHRASE: signPassphrase },
      };
    }
  }
}

/** Two keys in a GnuPG home, made once in a run. */
async function keyring(): Promise<{ home: string; encrypter: string; signer: string }> {
  const folder = await once('mixed-chains', async (made) => {
    const home = await gpgHome(join(made, 'gnupg'));
    const encrypter = makeKey(home, 'encrypter', passphrase);
    const signer = makeKey(home, 'signer', signPassphrase);
    await writeFile(join(made, 'keys.json'), JSON.stringify({ encrypter, signer }));
  });
  const text = await readFile(join(folder, 'keys.json'), 'utf8');
  const keys = JSON.parse(text) as { encrypter: string; signer: string };
  return { home: join(folder, 'gnupg'), ...keys };
}

export function signKeyOf(read: readonly string[]): readonly string[] {
  return read.includes('--sign-key') ? read : [];
}

/** A program that is duplifs or duplicity, as the letter of its n-th call says. */
async function writerOf(folder: string, { writers, archiveDir }: MixedChain): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'writer');
  const count = join(folder, 'count');
  await writeFile(count, '0');
  const forget = archiveDir === 'fresh' ? `rm -rf '${join(folder, 'chain/cache')}'` : ':';
  await writeFile(
    path,
    `#!/bin/bash
${forget}
n=$(cat '${count}'); echo $((n + 1)) > '${count}'
writers='${writers}'
if [ "\${writers:$n:1}" = u ]; then exec '${process.execPath}' '${duplifsScript}' "$@"; fi
exec duplicity "$@"
`,
  );
  await chmod(path, 0o755);
  return path;
}
