/** What goes into packages, and under which licences: scripts/package. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, root, run, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { script } from './scripts.js';
import type { Shipped } from './scripts.js';

const newFolder = temporaryFolders();

describe('the packages of npm that are shipped', { timeout: 240_000 }, () => {
  let shipped: Shipped[];
  let needed: string[];

  beforeAll(async () => {
    await built();
    const { joinedNames, licenceOf } = await script('licences');
    const { neededPackages } = await script('dependencies');
    const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    const joined = joinedNames(join(root, 'dist/program'));
    needed = neededPackages(lockfile.packages, joined, (path) => existsSync(join(root, path)));
    const paths = [...needed, ...joined.map((name) => `node_modules/${name}`)];
    shipped = paths.map((path) => licenceOf(join(root, path)));
  });

  it('are those that the program needs, without compilers and other systems', () => {
    for (const name of ['ssh2', 'koffi', 'fuse-native', '@aws-sdk/client-s3']) {
      expect(needed).toContain(`node_modules/${name}`);
    }
    for (const name of [
      'better-sqlite3',
      'prebuild-install',
      'nan',
      'typescript',
      'fuse-shared-library-darwin',
    ]) {
      expect(needed).not.toContain(`node_modules/${name}`);
    }
    expect(needed.filter((path) => path.includes('/bare-'))).toEqual([]);
  });

  it('have licences that go with ours', async () => {
    const { isCompatible } = await script('licences');
    expect(shipped.length).toBeGreaterThan(100);
    expect(shipped.filter(({ licence }) => !isCompatible(licence))).toEqual([]);
    expect(isCompatible('GPL-3.0-only')).toBe(false);
    expect(isCompatible('(GPL-3.0 OR MIT)')).toBe(true);
  });

  it('are all named with their licences, each text once', async () => {
    const { licenceText } = await script('licences');
    const text = licenceText({
      own: 'ours',
      packages: shipped,
      node: 'of Node.js',
      nodeVersion: '24.1.2',
    });
    for (const { name, version } of shipped) expect(text).toContain(`${name} ${version} (`);
    for (const part of ['ours', 'of Node.js', 'Node.js 24.1.2', 'libfuse', 'SQLite']) {
      expect(text).toContain(part);
    }
    const apache = /TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/g;
    const different = new Set(
      shipped.flatMap((one) => (one.text?.match(apache) === null ? [] : [one.text])),
    );
    expect(text.match(apache)?.length).toBeLessThanOrEqual(different.size);
  });

  it('are in the bill of materials with Node.js, which is the same each time', async () => {
    const { billOfMaterials } = await script('sbom');
    const { node } = (await script('settings')).architectures.x64;
    const options = { folder: root, shipped, node };
    const text = billOfMaterials(options);
    const bill = JSON.parse(text) as {
      bomFormat: string;
      serialNumber: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string; licenses?: unknown[] }[];
    };
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.metadata.component.name).toBe('duplifs');
    expect(bill.serialNumber).toMatch(
      /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-/,
    );
    const named = bill.components.map(({ name, version }) => `${name}@${version}`);
    const wanted = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
    expect(named.toSorted()).toEqual([...wanted, `node@${node.version}`].toSorted());
    expect(bill.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
    expect(billOfMaterials(options)).toBe(text);
  });
});

describe('the files of a package of npm that are shipped', () => {
  it.each([
    ['ssh2', 'lib/client.js', true],
    ['ssh2', 'lib/protocol/crypto/build/Release/sshcrypto.node', true],
    ['ssh2', 'lib/protocol/crypto/src/binding.cc', false],
    ['ssh2', 'examples/sftp.js', false],
    ['@koromix/koffi-linux-arm64', 'linux_arm64/koffi.node', true],
    ['@koromix/koffi-linux-arm64', 'musl_arm64/koffi.node', false],
    ['fuse-native', 'build/Release/libfuse.so.2', true],
    ['fuse-native', 'prebuilds/linux-x64/node.napi.node', false],
    ['openpgp', 'dist/node/openpgp.min.cjs', true],
    ['openpgp', 'dist/openpgp.js', false],
    ['any', 'package.json', true],
    ['any', 'LICENSE.md', true],
    ['any', 'NOTICE', true],
    ['any', 'README.md', false],
    ['any', 'index.d.ts', false],
    ['any', 'index.js.map', false],
    ['any', 'index.js', true],
    ['any', 'data.json', true],
    ['any', 'test/index.js', false],
    ['any', 'lib/test/index.js', true],
    ['any', '.eslintrc.json', false],
  ])('%s: %s %s', async (name, path, isNeeded) => {
    const { isNeededFile } = await script('needed-files');
    expect(isNeededFile(name, path)).toBe(isNeeded);
  });

  it('have no build for bundlers where Node.js does not load it', async () => {
    const { isEsBuildUnused } = await script('needed-files');
    const cjs = './dist-cjs/index.js';
    const es = './dist-es/index.js';
    expect(isEsBuildUnused({ main: cjs })).toBe(true);
    expect(isEsBuildUnused({ exports: { '.': { module: es, node: cjs, import: es } } })).toBe(true);
    expect(isEsBuildUnused({ exports: { '.': { import: es, require: cjs } } })).toBe(false);
    expect(isEsBuildUnused({ exports: { '.': { node: { import: es } } } })).toBe(false);
  });

  it('are found by what the program imports and requires', async () => {
    const { importedBy } = await script('stage');
    const source = `import a from "one"; export { b } from '@two/c'; await import("three/d.js");
      require('four'); from "./not.js"; import "five"; (require.import ?? other)("six")`;
    expect(importedBy(source)).toEqual(['one', '@two/c', 'three/d.js', 'four', 'five', 'six']);
  });
});

describe('what is published', () => {
  it('has the docs that README leads users to', async () => {
    const { userDocs } = await script('stage');
    for (const name of userDocs) expect(existsSync(join(root, 'docs', name)), name).toBe(true);
  });

  it('is checked by sha256sum', async () => {
    const { writeChecksums } = await script('checksums');
    const folder = newFolder();
    await writeFile(join(folder, 'b.deb'), 'two');
    await writeFile(join(folder, 'a.tar.xz'), 'one');
    writeChecksums(folder);
    writeChecksums(folder);
    const check = async () => run('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder });
    expect((await check()).stdout).toBe('a.tar.xz: OK\nb.deb: OK\n');
    await writeFile(join(folder, 'b.deb'), 'three');
    expect((await check()).status).toBe(1);
  });

  it('is made with the pinned Node.js only', async () => {
    const { checkSums } = await script('shipped-node');
    const bytes = Buffer.from('a package');
    const pinned = {
      sha1: createHash('sha1').update(bytes).digest('hex'),
      integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    };
    checkSums(bytes, pinned);
    expect(() => {
      checkSums(Buffer.from('another'), pinned);
    }).toThrow(/^The Node\.js of the registry has the SHA1 /);
    expect(() => {
      checkSums(bytes, { ...pinned, integrity: 'sha512-other' });
    }).toThrow(/SHA512/);
  });

  it('is made by a script that says what it can make', async () => {
    const index = join(root, 'scripts/package/index.js');
    const { status, stderr } = await run(process.execPath, [index, 'rpm']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'Say what to make: portable, deb, all\n',
    });
    await runOk('sh', ['-n', join(root, 'test/support/package-steps.sh')]);
  });
});
