/** docs/keys.md, tried literally: each block of commands on the machine that its fence names. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasGpg } from '../openpgp/gpg-home.js';
import { machines } from '../support/machine.js';
import type { Machine } from '../support/machine.js';
import { built, duplifsScript, root } from '../support/run.js';

const newMachine = machines();
const passphrases = {
  'encryption.txt': 'of the encryption key',
  'signing.txt': 'of the signing key',
  'bundle.txt': 'of the bundle',
  'kit.txt': 'of the kit',
} as const;

/** What somebody types at gpg's question, which only a terminal has. */
const typed: Readonly<Record<string, string>> = { other: 'of the bundle', alone: 'of the kit' };

it.runIf(hasGpg)('docs/keys.md does what it says', { timeout: 580_000 }, async () => {
  await built();
  const page = await readFile(join(root, 'docs/keys.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh (\w+)\n(.*?)^```/gms)];
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  const stick = newMachine().at('stick');
  await mkdir(stick);
  const url = `file://${newMachine().at('backup')}`;
  const all = new Map<string, Machine>();
  const shown = new Map<string, string>();
  let ids = '';
  for (const [, name = '', commands = ''] of blocks) {
    const machine = all.get(name) ?? (await machineWith(all.size));
    all.set(name, machine);
    // variables that a block sets stand for the next ones, as in a shell that is open
    const before = await readFile(machine.at('variables'), 'utf8').catch(() => '');
    const script = `${before}\n${ids}\n${answered(commands, typed[name])}\ndeclare -p SIGN_PASSPHRASE > variables 2>/dev/null || true`;
    const ran = await machine.shell(
      `${script}\n[ -z "$ENCRYPTION_KEY" ] || echo "ENCRYPTION_KEY=$ENCRYPTION_KEY SIGNING_KEY=$SIGNING_KEY" > ids`,
      {
        env: { STICK: stick, URL: url, PATH: `${machine.at('bin')}:${process.env['PATH'] ?? ''}` },
      },
    );
    expect(ran, `${commands}\n${ran.stdout}\n${ran.stderr}`).toMatchObject({ status: 0 });
    if (name === 'desk') ids = await readFile(machine.at('ids'), 'utf8').catch(() => '');
    shown.set(name, `${shown.get(name) ?? ''}${ran.stdout}`);
  }
  expect(shown.get('desk')).toContain('can be restored');
  expect(shown.get('new')).toContain('can be restored');
  expect(await readFile(all.get('new')?.at('restored/letter') ?? '', 'utf8')).toBe('dear sir');
  expect(shown.get('alone')).toContain('HOW TO GET THE FILES BACK');
  const server = (await all.get('server')?.ok(['key', 'list'])) ?? '';
  expect(server).toMatch(/^[0-9A-F]{40} {2}encrypt\n/m);
  expect(server).not.toContain('open');
  expect(await all.get('other')?.ok(['key', 'list'])).toMatch(/encrypt, open, sign[^]*; trusted/);
  for (const name of await readdir(stick)) {
    expect((await stat(join(stick, name))).mode & 0o777, name).toBe(0o600);
  }
});

async function machineWith(number: number): Promise<Machine> {
  const machine = newMachine();
  await mkdir(machine.at('bin'));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${duplifsScript}" "$@"\n`;
  await writeFile(machine.at('bin/duplifs'), program, { mode: 0o755 });
  for (const [name, text] of Object.entries(passphrases)) {
    await writeFile(machine.at(name), `${text}\n`, { mode: 0o600 });
  }
  await mkdir(machine.at('source'));
  await writeFile(machine.at('source/letter'), 'dear sir');
  expect(number).toBeLessThan(6);
  return machine;
}

/** gpg asks for a passphrase by itself; here it is told. */
function answered(commands: string, passphrase: string | undefined): string {
  if (passphrase === undefined) return commands;
  const told = `gpg --batch --pinentry-mode loopback --passphrase "${passphrase}" -d`;
  return commands.replaceAll('gpg -d', told).replaceAll('| gpg --import', '| gpg --batch --import');
}
