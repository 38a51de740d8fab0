/** Fetches a pinned Node.js, with its headers, and checks that it is that one: what is shipped, or tested with (scripts/nodes). */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, run, runOn } from './run.js';

/**
 * @param {string} folder an existing folder; the package is unpacked in its `node`, which must not be there
 * @param {PinnedNode} pinned
 * @param {string} machine whose it is, as Node.js names it
 * @returns {{ folder: string, binary: string, licence: string }} the package, its program and its licence file
 * @throws {Error} if the registry gives another file than the pinned one
 *
 * @typedef {{ package: string, version: string, sha1: string, integrity: string }} PinnedNode a package of npm, and its sums
 */
export function fetchNode(folder, pinned, machine = process.arch) {
  const { package: name, version } = pinned;
  run(process.execPath, [
    npmCommand(),
    'pack',
    '--silent',
    '--pack-destination',
    folder,
    `${name}@${version}`,
  ]);
  const archive = join(folder, `${name}-${version}.tgz`);
  const bytes = readFileSync(archive);
  checkSums(bytes, pinned);
  const unpacked = join(folder, 'node');
  mkdirSync(unpacked);
  run('tar', ['-xzf', archive, '--no-same-owner', '--strip-components=1', '-C', unpacked]);
  const binary = join(unpacked, 'bin/node');
  const found = runOn(machine, binary, ['--version'])?.trim();
  if (found !== undefined && found !== `v${version}`)
    throw new Error(`This is Node.js ${found}, and not v${version}`);
  return { folder: unpacked, binary, licence: join(unpacked, 'LICENSE') };
}

/**
 * @param {Buffer} bytes a package of npm
 * @param {{ sha1: string, integrity: string }} pinned its sums
 * @throws {Error} if one of them is another
 */
export function checkSums(bytes, { sha1, integrity }) {
  const sums = {
    SHA1: [createHash('sha1').update(bytes).digest('hex'), sha1],
    SHA512: [`sha512-${createHash('sha512').update(bytes).digest('base64')}`, integrity],
  };
  for (const [name, [found, wanted]] of Object.entries(sums)) {
    if (found !== wanted) {
      throw new Error(`The Node.js of the registry has the ${name} ${found}, and not ${wanted}`);
    }
  }
}
