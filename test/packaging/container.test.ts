/** What a container starts, as far as no container is needed for it: packaging/container. */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { duplifsScript, root, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const entrypoint = join(root, 'packaging/container/entrypoint');

interface Started extends Finished {
  readonly folder: string;
}

/** Runs it in a folder with the file system's places in there, and duplifs itself in the PATH. */
async function start(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>> = { PASSPHRASE: 'a good passphrase\n' },
): Promise<Started> {
  const folder = newFolder();
  for (const name of ['bin', 'data', 'secrets']) await mkdir(join(folder, name));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${duplifsScript}" "$@"\n`;
  await writeFile(join(folder, 'bin/duplifs'), program, { mode: 0o755 });
  await writeFile(join(folder, 'data/letter'), 'Dear Grandma,\n');
  for (const [name, text] of Object.entries(secrets)) {
    await writeFile(join(folder, 'secrets', name), text, { mode: 0o444 });
  }
  const places = {
    PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    DUPLIFS_SECRETS: join(folder, 'secrets'),
    DUPLIFS_SOURCE: join(folder, 'data'),
    DUPLIFS_URL: `file://${join(folder, 'backup')}`,
  };
  const finished = await run('sh', [entrypoint, ...words], { env: { ...places, ...env } });
  return { ...finished, folder };
}

describe("a container's entry point", { timeout: 240_000 }, () => {
  it('is a script of sh', async () => {
    await runOk('sh', ['-n', entrypoint]);
  });

  it('backs up, encrypted, with secrets as engines lay them down', async () => {
    const { status, stderr, folder } = await start(['run', 'backup'], {});
    expect(status, stderr).toBe(0);
    const profile = await readFile(join(folder, 'config/duplifs/backup.toml'), 'utf8');
    expect(profile).toContain(`PASSPHRASE = { command = ["cat", "${folder}/secrets/PASSPHRASE"] }`);
    expect(profile).not.toContain('a good passphrase');
  });

  it('makes a profile of all settings that duplifs finds no mistake in', async () => {
    const env = {
      DUPLIFS_EXCLUDE: '**/*.tmp\n**/a "quoted" \\ name\n',
      DUPLIFS_ENCRYPT_KEY: '0123456789ABCDEF0123456789ABCDEF01234567',
      DUPLIFS_KEEP: '1Y',
      DUPLIFS_FULL_IF_OLDER_THAN: '2W',
    };
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 'abc',
      DUPLIFS_URL: 's3://bucket/folder',
      'me.asc': '',
      'README.md': '',
    };
    const checked = await start(['profile', 'check'], env, secrets);
    expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    const { stdout, folder } = await start(['profile', 'show', 'backup'], env, secrets);
    expect(stdout).toContain('{ exclude = "**/a \\"quoted\\" \\\\ name" }');
    expect(stdout).toContain('full-if-older-than = "2W"');
    expect(stdout).toContain('remove-older-than = "1Y"');
    expect(stdout).toContain(`${folder}/secrets/me.asc`);
    expect(stdout).toMatch(/url = \{ command = \["cat", ".*DUPLIFS_URL"\] \}/);
    expect(stdout).not.toContain('README');
  });

  it('starts nothing in the clear unless told to', async () => {
    const refused = await start(['run', 'backup'], {}, {});
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('set DUPLIFS_ENCRYPTION=none');
    const { status, stderr } = await start(['run', 'backup'], { DUPLIFS_ENCRYPTION: 'none' }, {});
    expect(status, stderr).toBe(0);
  });

  it('knows the variables that docs/install.md names, and no others', async () => {
    const script = await readFile(entrypoint, 'utf8');
    const known = new Set([...script.matchAll(/\$\{(DUPLIFS_[A-Z_]+)/g)].map(([, name]) => name));
    const table = readFileSync(join(root, 'docs/install.md'), 'utf8');
    const named = [...table.matchAll(/^\| `(DUPLIFS_[A-Z_]+)`/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([...known].toSorted());
  });

  it('has its commands named in the Containerfile', async () => {
    const text = await readFile(join(root, 'packaging/container/Containerfile'), 'utf8');
    const copied = /^COPY packaging\/container\/entrypoint (\S+)$/m.exec(text)?.[1] ?? '';
    const name = copied.slice(copied.lastIndexOf('/') + 1);
    expect(text).toContain(`ENTRYPOINT ["${name}"]`);
    expect(text).toMatch(new RegExp(`^HEALTHCHECK .* CMD ${name} doctor$`, 'm'));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(text).toContain(`ARG VERSION=${version}-1\n`);
  });
});
