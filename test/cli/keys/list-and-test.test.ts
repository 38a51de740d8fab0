/** What chains want, what is at hand, and the proof: `key list URL`, `key test URL`, and what backups say of expiry. */
import { readdir, truncate, unlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasGpg } from '../../openpgp/gpg-home.js';
import { machines } from '../../support/machine.js';
import type { Machine } from '../../support/machine.js';

const newMachine = machines();
const key = { PASSPHRASE: 'of the key' };
let machine: Machine;
let id: string;
let url: string;

interface Tested {
  readonly canRestore: boolean;
  readonly sets: readonly {
    readonly volume: string | null;
    readonly openedBy: { readonly kind: string; readonly keyId?: string } | null;
  }[];
  readonly failure?: { readonly code: string };
}

async function generate(on: Machine, ...args: string[]): Promise<string> {
  const [made] = await on.json<{ keys: { fingerprint: string }[] }>(['key', 'generate', ...args], {
    env: key,
  });
  return made?.keys[0]?.fingerprint ?? '';
}

async function backUp(text: string, time: number, ...args: string[]): Promise<void> {
  await writeFile(machine.at('source', text), text);
  const fixed = ['--current-time', String(time), '--no-print-statistics'];
  await machine.ok([...args, ...fixed, 'source', url], {
    env: args.includes('--encrypt-key') ? key : { PASSPHRASE: 'of the backup' },
  });
}

async function tested(on: Machine, args: string[], env: Record<string, string>): Promise<Tested[]> {
  const { stdout } = await on.duplifs(['key', 'test', ...args, '--json', url], { env });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Tested);
}

describe.runIf(hasGpg)('a backup by passphrase and one by key', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    machine = newMachine();
    url = `file://${machine.at('target')}`;
    id = await generate(machine, '--name', 'Ada');
    await machine.run('mkdir', ['source']);
    await backUp('one', 1_700_000_000, 'full');
    await backUp('two', 1_700_086_400, 'full', '--encrypt-key', id);
    await backUp('three', 1_700_172_800, 'incremental', '--encrypt-key', id);
  });

  it('are proven by the newest chain, or by all, and it is said what opens them', async () => {
    const newest = await tested(machine, [], key);
    expect(newest).toHaveLength(1);
    expect(newest[0]).toMatchObject({ canRestore: true, sets: [{}, {}] });
    for (const { openedBy, volume } of newest[0]?.sets ?? []) {
      expect(openedBy?.kind).toBe('gpg');
      expect(openedBy?.keyId).toMatch(/^[0-9A-F]{16}$/);
      expect(volume).toMatch(/\.vol1\.difftar\.gpg$/);
    }
    await writeFile(machine.at('words'), 'no use\nof the backup\n', { mode: 0o600 });
    const all = await machine.ok(['key', 'test', '--all', '--passphrase-file', 'words', url], {
      env: key,
    });
    expect(all.match(/can be restored/g)).toHaveLength(2);
    expect(all).toMatch(/opened, by the secret key [0-9A-F]{16} of the GnuPG keyring/);
    expect(all).toContain('opened, by the passphrase number 2 in "words"');
    const byVariable = await machine.duplifs(['key', 'test', '--all', url], {
      env: { PASSPHRASE: 'of the backup' },
    });
    expect(byVariable.stdout).toContain('by the passphrase of PASSPHRASE');
  });

  it('end with 31 where one cannot be opened, also when the archive dir has its manifest', async () => {
    const args = ['key', 'test', '--all', url];
    const first = await machine.duplifs(args, { env: key });
    expect(first.status).toBe(31);
    expect(first.stdout).toContain('CANNOT be restored');
    expect(first.stdout).not.toContain('of the key');
    const other = newMachine();
    const none = await other.duplifs(['key', 'test', url], { env: key });
    expect(none.status).toBe(31);
    // the server's own keyring: the public key alone
    await machine.ok(['key', 'export', id, 'public.asc', '--force']);
    await other.ok(['key', 'import', '--trust', machine.at('public.asc')]);
    expect((await other.duplifs(['key', 'test', url], { env: key })).status).toBe(31);
  });

  it('tell which keys they want, and which of them are at hand', async () => {
    const text = await machine.ok(['key', 'list', url], { env: { PASSPHRASE: 'x' } });
    expect(text).toMatch(
      /2 sets\n {2}the secret key [0-9A-F]{16}: at hand, [0-9A-F]{40} in the GnuPG/,
    );
    expect(text).toContain('a passphrase: one is given');
    const other = newMachine();
    const { status, stdout } = await other.duplifs(['key', 'list', url]);
    expect(status).toBe(31);
    expect(stdout).toMatch(/the secret key [0-9A-F]{16}: not here/);
    expect(stdout).toContain('NOT at hand is what opens 2 of 2 sets');
    expect(stdout).toContain('a passphrase: none is given');
  });

  it('are not taken for whole where a volume is damaged or gone', async () => {
    const copy = machine.at('copy');
    await machine.run('cp', ['-a', 'target', 'copy']);
    const names = await readdir(copy);
    const volume = names.find((name) => /-inc\..*vol1/.test(name)) ?? '';
    const test = ['key', 'test', `file://${copy}`];
    await truncate(`${copy}/${volume}`, 200);
    const cut = await machine.duplifs(test, { env: key });
    expect(cut.status, cut.stdout).toBe(21);
    await unlink(`${copy}/${volume}`);
    const gone = await machine.duplifs(test, { env: key });
    expect(gone.status, gone.stdout).toBe(24);
    expect(gone.stdout).toContain('is not on the storage');
  });

  it('need no key where they are not encrypted', async () => {
    const plain = `file://${machine.at('plain')}`;
    await machine.ok(['full', '--no-encryption', 'source', plain]);
    const { status, stdout } = await machine.duplifs(['key', 'test', plain]);
    expect(status, stdout).toBe(0);
    expect(stdout).toContain('by nothing, for it is not encrypted');
  });
});

describe.runIf(hasGpg)('a key that ends within 60 days', { timeout: 300_000 }, () => {
  it('is warned of by every backup and by key list, and backups go on', async () => {
    const own = newMachine();
    await own.run('mkdir', ['source']);
    const soon = await generate(own, '--expires', '59D');
    const later = await generate(own, '--expires', '61D', '--to-files', 'keys');
    const back = async (fingerprint: string, ...args: string[]) =>
      own.duplifs(
        ['full', '--encrypt-key', fingerprint, ...args, 'source', `file://${own.at(fingerprint)}`],
        { env: key },
      );
    const warned = await back(soon);
    expect(warned, warned.stderr).toMatchObject({ status: 0 });
    expect(warned.stderr).toMatch(
      new RegExp(`Warning: The key ${soon} can encrypt only until .* 20\\d\\d: prolong`),
    );
    const files = (await readdir(own.at('keys'))).flatMap((name) => ['--key-file', `keys/${name}`]);
    const quiet = await back(later, ...files);
    expect(quiet, quiet.stderr).toMatchObject({ status: 0 });
    expect(quiet.stderr).not.toContain('only until');
    const signed = await back(later, ...files, '--sign-key', soon);
    expect(signed.stderr).toMatch(
      new RegExp(`The key ${soon} can sign only until .* 20\\d\\d: prolong`),
    );
    const listed = await own.duplifs(['key', 'list', ...files]);
    expect(listed.status).toBe(0);
    expect(listed.stderr).toContain(`The key ${soon} ends on `);
    expect(listed.stderr).not.toContain(later);
  });
});
