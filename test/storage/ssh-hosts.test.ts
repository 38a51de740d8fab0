/** The keys of servers, taken to another machine. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownHostLines, noteHostLines, sshKeyFiles } from '../../src/storage/index.js';
import type { StorageOptions } from '../../src/storage/index.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const blob = (type: string, filling: string): string => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(filling)]).toString('base64');
};
const key = `ssh-ed25519 ${blob('ssh-ed25519', 'one')}`;
const otherKey = `ssh-ed25519 ${blob('ssh-ed25519', 'two')}`;
const rsa = `ssh-rsa ${blob('ssh-rsa', 'three')}`;
const url = 'sftp://ada@nas.example.org:2222/x';

function home(known?: string): { options: StorageOptions; file: string } {
  const folder = newFolder();
  const file = join(folder, '.ssh/known_hosts');
  if (known !== undefined) {
    mkdirSync(join(folder, '.ssh'));
    writeFileSync(file, known);
  }
  const global = '-oGlobalKnownHostsFile=/nonexistent';
  return { options: { env: { HOME: folder }, ssh: { options: [global] } }, file };
}

describe('the keys of a server', () => {
  it('are those of its host and port, without revoked ones', async () => {
    const { options } = home(
      [
        `[nas.example.org]:2222,[nas]:2222 ${key}`,
        `@revoked [nas.example.org]:2222 ${otherKey}`,
        `nas.example.org ${rsa}`,
        '',
      ].join('\n'),
    );
    expect(await knownHostLines(url, options)).toEqual([`[nas.example.org]:2222 ${key}`]);
    expect(await knownHostLines('s3://bucket/x', options)).toEqual([]);
    expect(await knownHostLines('file:///x', options)).toEqual([]);
    expect(await knownHostLines('rsync://nas.example.org:2222::module/x', options)).toEqual([]);
  });

  it('are noted once, in a line of their own', async () => {
    const { options, file } = home(`elsewhere ${rsa}`); // no new line at its end
    const text = `[nas.example.org]:2222 ${key}\nother.example.org ${rsa}\n`;
    expect(await noteHostLines(url, options, text)).toBe(1);
    const expected = `elsewhere ${rsa}\n[nas.example.org]:2222 ${key}\n`;
    expect(readFileSync(file, 'utf8')).toBe(expected);
    expect(await noteHostLines(url, options, text)).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(expected);
  });

  it('are noted where there is no file yet', async () => {
    const { options, file } = home();
    expect(await noteHostLines(url, options, `[nas.example.org]:2222 ${key}\n`)).toBe(1);
    expect(existsSync(file)).toBe(true);
  });

  it('stay as they are where another of the same kind is known', async () => {
    const before = `[nas.example.org]:2222 ${otherKey}\n`;
    const { options, file } = home(before);
    const noting = noteHostLines(url, options, `[nas.example.org]:2222 ${key}\n`);
    await expect(noting).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
    expect(readFileSync(file, 'utf8')).toBe(before);
    const fresh = `[nas.example.org]:2222 ${rsa}\n`;
    expect(await noteHostLines(url, options, fresh)).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(before + fresh);
  });
});

describe('the keys of a user', () => {
  it('are those that ssh would try', async () => {
    const { options } = home();
    const given = { ...options, ssh: { options: ['-oIdentityFile=~/.ssh/backup'] } };
    const { HOME = '' } = options.env ?? {};
    expect(await sshKeyFiles(url, given)).toEqual([join(HOME, '.ssh/backup')]);
    expect(await sshKeyFiles('s3://bucket', given)).toEqual([]);
  });
});
