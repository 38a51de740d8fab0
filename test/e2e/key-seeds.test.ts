/** What people do by hand with gpg, ssh and duplicity, done with duplifs alone. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasGpg } from '../openpgp/gpg-home.js';
import { Service, servicesHere } from '../services/service.js';
import { machines } from '../support/machine.js';
import type { Machine } from '../support/machine.js';

const newMachine = machines();

async function madeKeys(machine: Machine, env: Record<string, string>): Promise<[string, string]> {
  const args = ['key', 'generate', '--name', 'Ada Example', '--email', 'ada@example.org', '--sign'];
  const [made] = await machine.json<{ keys: { fingerprint: string }[] }>(args, { env });
  const [encrypter, signer] = made?.keys ?? [];
  return [encrypter?.fingerprint ?? '', signer?.fingerprint ?? ''];
}

async function source(machine: Machine): Promise<string> {
  await mkdir(machine.at('source', 'letters'), { recursive: true });
  await writeFile(machine.at('source', 'letters', 'one'), 'dear sir');
  return machine.at('source');
}

interface Place {
  readonly url: string;
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

describe.runIf(hasGpg && servicesHere)(
  'seed 0: encrypter and signer of one machine, and a server with the public key only',
  { timeout: 580_000 },
  () => {
    let desk: Machine;
    let server: Machine;
    let encrypter: string;
    let signer: string;
    let data: string;
    beforeAll(async () => {
      desk = newMachine();
      server = newMachine();
      const own = { PASSPHRASE: 'encrypter-pass', SIGN_PASSPHRASE: 'signer-pass' };
      const bundle = { BUNDLE_PASSPHRASE: 'on the way' };
      [encrypter, signer] = await madeKeys(desk, own);
      // to the server: the encrypter's public key, and the signer with its secret part
      await desk.ok(['key', 'export', encrypter, 'encrypter.asc']);
      await desk.ok(['key', 'export', '--secret', signer, 'signer.asc'], {
        env: { ...own, ...bundle },
      });
      for (const name of ['encrypter.asc', 'signer.asc']) {
        await server.run('cp', [desk.at(name), '.']);
      }
      await server.ok(['key', 'import', 'encrypter.asc', 'signer.asc'], { env: bundle });
      await server.ok(['key', 'trust', encrypter]);
      data = await source(server);
    }, 580_000);

    /** Two backups by the server, which it cannot read; the desk, which has seen none of it before, restores. */
    async function backUpAndRestore({ url, options, env }: Place, folder: string): Promise<void> {
      const ids = ['--encrypt-key', encrypter, '--sign-key', signer];
      const signing = { SIGN_PASSPHRASE: 'signer-pass', ...env };
      await server.ok(['backup', ...ids, ...options, data, url], { env: signing });
      await writeFile(`${data}/letters/${folder}`, 'dear madam');
      await server.ok(['backup', ...ids, ...options, data, url], { env: signing });
      const blind = await server.duplifs(['key', 'test', ...options, url], { env: signing });
      expect(blind.status, blind.stdout).toBe(31);
      const reading = ['--sign-key', signer, ...options];
      const secret = { PASSPHRASE: 'encrypter-pass', ...env };
      await desk.ok(['key', 'test', '--all', ...reading, url], { env: secret });
      await desk.ok(['restore', ...reading, url, folder], { env: secret });
      expect(await readFile(desk.at(folder, 'letters/one'), 'utf8')).toBe('dear sir');
      expect(await readFile(desk.at(folder, 'letters', folder), 'utf8')).toBe('dear madam');
    }

    it('to a folder that every client may write to, which duplicity restores too', async () => {
      const share = newMachine().at('export');
      await mkdir(share);
      await chmod(share, 0o777);
      const url = `file://${share}/server`;
      await backUpAndRestore({ url, options: [], env: {} }, 'by-folder');
      const restoring = ['restore', '--sign-key', signer, url, 'by-duplicity'];
      await desk.run('duplicity', restoring, { env: { PASSPHRASE: 'encrypter-pass' } });
      const restored = desk.at('by-duplicity/letters/by-folder');
      expect(await readFile(restored, 'utf8')).toBe('dear madam');
    });

    it('to S3, whose credentials are looked at before anything is written', async () => {
      const swift = await Service.start('s3-swift');
      try {
        const options = [
          ...['--s3-endpoint-url', swift.get('ENDPOINT')],
          ...['--s3-region-name', swift.get('REGION')],
        ];
        const env = {
          AWS_ACCESS_KEY_ID: swift.get('ACCESS_KEY'),
          AWS_SECRET_ACCESS_KEY: swift.get('SECRET_KEY'),
        };
        const url = `s3://${swift.get('BUCKET')}/seed-0`;
        const doctor = ['doctor', '--num-retries', '1', ...options, url];
        const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' };
        expect((await server.duplifs(doctor, { env: wrong })).stdout).toMatch(/FAILED +storage/);
        expect((await server.duplifs(doctor, { env })).stdout).not.toMatch(/FAILED +storage/);
        await backUpAndRestore({ url, options, env }, 'by-s3');
      } finally {
        await swift.remove();
      }
    });
  },
);

describe.runIf(hasGpg && servicesHere)('seed 2', { timeout: 580_000 }, () => {
  it('keys in a symmetric bundle from machine to machine, SFTP with an SSH key', async () => {
    const first = newMachine();
    const second = newMachine();
    const own = { PASSPHRASE: 'of the keys' };
    const [encrypter, signer] = await madeKeys(first, own);
    const bundle = { BUNDLE_PASSPHRASE: 'on a stick' };
    await first.ok(['key', 'export', '--secret', encrypter, signer, 'keys.asc'], {
      env: { ...own, ...bundle },
    });
    const sshd = await Service.start('sftp');
    try {
      for (const machine of [first, second]) {
        await mkdir(machine.at('.ssh'), { mode: 0o700 });
        await machine.run('cp', [sshd.get('KEY_FILE'), machine.at('.ssh/backup')]);
        await machine.run('cp', [sshd.get('KNOWN_HOSTS'), machine.at('.ssh/known_hosts')]);
      }
      const url = `sftp://${sshd.get('USER')}@127.0.0.1:${sshd.get('PORT')}/seed-2`;
      const ssh = ['--ssh-options', '-oIdentityFile=~/.ssh/backup'];
      const ids = ['--encrypt-key', encrypter, '--sign-key', signer];
      await first.ok(['full', ...ids, ...ssh, await source(first), url], { env: own });

      await second.run('cp', [first.at('keys.asc'), '.']);
      await second.ok(['key', 'import', 'keys.asc'], { env: bundle });
      await second.ok(['key', 'test', '--sign-key', signer, ...ssh, url], { env: own });
      await second.ok(['restore', ...ids.slice(2), ...ssh, url, 'back'], { env: own });
      expect(await readFile(second.at('back/letters/one'), 'utf8')).toBe('dear sir');
      // the chain goes on from there, and the first machine reads it
      await writeFile(second.at('back/letters/two'), 'dear madam');
      const goOn = ['incremental', '--allow-source-mismatch', ...ids, ...ssh, 'back', url];
      await second.ok(goOn, { env: own });
      await first.ok(['restore', ...ids.slice(2), ...ssh, url, 'again'], { env: own });
      expect(await readFile(first.at('again/letters/two'), 'utf8')).toBe('dear madam');
    } finally {
      await sshd.remove();
    }
  });
});
