/** A GnuPG home of its own for a test, and messages made in it by the real gpg. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether gpg is there. Where it must be (CI), tests run without it and fail. */
export const hasGpg = process.env['CI'] === 'true' || spawnSync('gpg', ['--version']).status === 0;

export interface KeyIds {
  /** The primary key's fingerprint. */
  readonly fingerprint: string;
  readonly subkeys: readonly string[];
}

export class GpgHome {
  readonly path: string;

  /** In a temporary folder, or one that is there and only the owner can enter. */
  constructor(path = hasGpg ? mkdtempSync(join(tmpdir(), 'duplifs-gpg-')) : '') {
    this.path = path;
  }

  /** Runs gpg with an empty passphrase, or the one given; standard output. */
  gpg(args: readonly string[], input: Uint8Array | string = '', passphrase = ''): Buffer {
    const all = ['--homedir', this.path, '--batch', '--no-tty', '--quiet', '--yes'];
    const secret = ['--pinentry-mode=loopback', '--passphrase', passphrase, '--trust-model=always'];
    return execFileSync('gpg', [...all, ...secret, ...args], {
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 256 * 1024 * 1024,
    });
  }

  /** Makes a key: a primary for signing, and a subkey for encryption. */
  makeKey(
    name: string,
    passphrase = '',
    algorithms = ['ed25519', 'cv25519'],
    expiry = '0',
  ): KeyIds {
    const [primary = '', subkey = ''] = algorithms;
    this.gpg(
      ['--quick-gen-key', `${name} <${name}@example.com>`, primary, 'sign', expiry],
      '',
      passphrase,
    );
    const { fingerprint } = this.idsOf(`${name}@example.com`);
    if (subkey !== '')
      this.gpg(['--quick-add-key', fingerprint, subkey, 'encr', expiry], '', passphrase);
    return this.idsOf(`${name}@example.com`);
  }

  idsOf(user: string): KeyIds {
    const lines = this.gpg(['--with-colons', '--list-keys', user]).toString('utf8').split('\n');
    const prints = lines
      .filter((line) => line.startsWith('fpr:'))
      .map((line) => line.split(':')[9] ?? '');
    const [fingerprint = '', ...subkeys] = prints;
    return { fingerprint, subkeys };
  }

  /** Ends the agent, and with it the passphrases that it remembers. */
  endAgent(): void {
    execFileSync('gpgconf', ['--homedir', this.path, '--kill', 'all'], { stdio: 'ignore' });
  }

  remove(): void {
    try {
      this.endAgent();
    } finally {
      rmSync(this.path, { recursive: true, force: true });
    }
  }
}

/** All bytes of a message, decrypted. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** The bytes as a stream of pieces of one size. */
export async function* inPieces(bytes: Uint8Array, size = 65536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}
