/** Kits as files: by gpg and tar alone, and what is no kit. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import tar from 'tar-stream';
import type { Headers } from 'tar-stream';
import { openKit, sealKit } from '../../src/kit/index.js';
import { sealed } from '../../src/openpgp/index.js';
import { hasGpg } from '../openpgp/gpg-home.js';
import { machines } from '../support/machine.js';

const newMachine = machines();
const passphrase = Buffer.from('of the kit');
const parts = [
  { name: 'README.txt', bytes: Buffer.from('read me\n') },
  { name: 'ssh/key-1', bytes: Buffer.from([0, 1, 2, 255]) },
  { name: 'profile.toml', bytes: Buffer.alloc(300_000, 'x') },
];

type OddHeader = Pick<Headers, 'name'> & Partial<Pick<Headers, 'type' | 'linkname'>>;

async function archive(header: OddHeader): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry(header, header.type === undefined ? 'content' : '');
  pack.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of pack) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a kit', () => {
  it('gives back what was put in, to whoever has its passphrase', async () => {
    const file = { path: 'kit', bytes: await sealKit(parts, passphrase, 1_700_000_000) };
    const opened = await openKit(file, { passphrases: [passphrase] });
    expect(opened.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
    for (const [at, { bytes }] of opened.entries()) {
      expect(Buffer.from(bytes).equals(parts[at]?.bytes ?? Buffer.alloc(0))).toBe(true);
    }
    await expect(openKit(file, { passphrases: ['another'] })).rejects.toMatchObject({
      code: 'KEY',
    });
    await expect(openKit(file, {})).rejects.toMatchObject({ code: 'KEY' });
  });

  it.runIf(hasGpg)('is opened by gpg and tar alone, for its owner only', async () => {
    const machine = newMachine();
    await writeFile(machine.at('kit'), await sealKit(parts, passphrase, 1_700_000_000));
    const line =
      'gpg --batch --pinentry-mode loopback --passphrase-fd 3 -d kit 3<<<"of the kit" | tar x';
    expect(await machine.shell(line)).toMatchObject({ status: 0 });
    const folder = machine.at('duplifs-kit');
    expect((await readdir(folder)).toSorted()).toEqual(['README.txt', 'profile.toml', 'ssh']);
    for (const { name, bytes } of parts) {
      expect(await readFile(`${folder}/${name}`)).toEqual(Buffer.from(bytes));
      expect((await stat(`${folder}/${name}`)).mode & 0o777).toBe(0o600);
    }
  });

  it('takes no names that would lead elsewhere, and nothing but files', async () => {
    const headers: OddHeader[] = [
      { name: 'duplifs-kit/../../.bashrc' },
      { name: 'duplifs-kit//etc/passwd' },
      { name: '/etc/passwd' },
      { name: 'other/README.txt' },
      { name: 'duplifs-kit/.hidden' },
      { name: 'duplifs-kit/a\nb' },
      { name: 'duplifs-kit/link', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'duplifs-kit/folder', type: 'directory' },
    ];
    for (const header of headers) {
      const bytes = await sealed(await archive(header), passphrase);
      const opening = openKit({ path: 'kit', bytes }, { passphrases: [passphrase] });
      await expect(opening, header.name).rejects.toMatchObject({ code: 'DAMAGED' });
    }
    const odd = sealKit([{ name: '../x', bytes: Buffer.of() }], passphrase, 0);
    await expect(odd).rejects.toThrow('not used');
  });

  it('is no kit when it holds something else, or was changed', async () => {
    const keys = { passphrases: [passphrase] };
    for (const plain of [Buffer.of(), Buffer.from('text'), Buffer.alloc(2048)]) {
      const bytes = await sealed(plain, passphrase);
      await expect(openKit({ path: 'kit', bytes }, keys)).rejects.toMatchObject({
        code: 'DAMAGED',
      });
    }
    const bytes = await sealKit(parts, passphrase, 0);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    await expect(openKit({ path: 'kit', bytes }, keys)).rejects.toMatchObject({ code: 'DAMAGED' });
  });
});
