/** Passphrases of keys, bundles and kits: what the programs that duplifs runs see of them, and what it says. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { hasGpg } from '../../openpgp/gpg-home.js';
import { machines } from '../../support/machine.js';

const newMachine = machines();
const secrets = {
  PASSPHRASE: 'secret-one',
  SIGN_PASSPHRASE: 'secret-two',
  BUNDLE_PASSPHRASE: 'secret-three',
  KIT_PASSPHRASE: 'secret-four',
};

it.runIf(hasGpg)(
  'no passphrase is an argument or a variable of gpg, nor in what any command says',
  { timeout: 580_000 },
  async () => {
    const machine = newMachine();
    await mkdir(machine.at('bin'));
    const real = execFileSync('/bin/sh', ['-c', 'command -v gpg']).toString().trim();
    const notes = machine.at('notes');
    const script = `#!/bin/sh\n{ echo "== gpg $*"; env; } >> ${notes}\nexec ${real} "$@"\n`;
    await writeFile(machine.at('bin/gpg'), script, { mode: 0o755 });
    const env = { ...secrets, PATH: `${machine.at('bin')}:${process.env['PATH'] ?? ''}` };
    let said = '';
    const run = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await machine.duplifs([...args, '-v9'], { env });
      expect(status, `${args.join(' ')}\n${stderr}`).toBe(0);
      said += stdout + stderr;
      return stdout;
    };
    const made = await run('key', 'generate', '--sign');
    const prints = [...made.matchAll(/^(?:Encryption|Signing) key +([0-9A-F]{40})/gm)].map(
      ([, print = '']) => print,
    );
    expect(prints).toHaveLength(2);
    await run('key', 'export', '--secret', ...prints, 'bundle');
    await run('key', 'import', 'bundle');
    await mkdir(machine.at('source'));
    const [encrypt = '', sign = ''] = prints;
    await run('full', '--encrypt-key', encrypt, '--sign-key', sign, 'source', 'target');
    await run('key', 'test', 'target');
    await run('kit', 'target', 'kit');
    await run('kit', 'open', 'kit');
    const noted = await readFile(notes, 'utf8');
    for (const command of ['--export-secret-keys', '--import', '--import-ownertrust']) {
      expect(noted).toContain(command);
    }
    for (const secret of Object.values(secrets)) {
      expect(noted).not.toContain(secret);
      expect(said).not.toContain(secret);
    }
  },
);
