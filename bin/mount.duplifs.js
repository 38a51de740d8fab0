#!/usr/bin/env node
/**
 * The helper behind `mount -t duplifs`, /etc/fstab and systemd (docs/fstab-systemd.md). It translates its
 * parameters and runs `duplifs mount --daemon`, which returns once the mount answers.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnvironmentFile, parseHelperCall } from '../dist/mount/fstab.js';

const USAGE = 2;

try {
  const call = parseHelperCall(process.argv.slice(2));
  if (call.kind === 'mount') process.exitCode = run(call);
} catch (error) {
  console.error(`mount.duplifs: ${error.message}`);
  if (error.hint !== undefined) console.error(error.hint);
  process.exitCode = error.exitCode ?? USAGE;
}

function run({ argv, environmentFile }) {
  const duplifs = fileURLToPath(new URL('duplifs.js', import.meta.url));
  const { status, error } = spawnSync(process.execPath, [duplifs, ...argv], {
    stdio: ['ignore', 'inherit', 'inherit', ...handedOver(argv.at(-1))],
    env: { ...process.env, ...(environmentFile === undefined ? {} : variablesOf(environmentFile)) },
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** mount.fuse3 gives an open device as "/dev/fd/N"; a child gets it only where it is named. */
function handedOver(mountpoint) {
  const descriptor = Number(/^\/dev\/fd\/(\d+)$/.exec(mountpoint)?.[1] ?? 0);
  if (descriptor < 3) return [];
  return [...Array(descriptor - 3).fill('ignore'), descriptor];
}

function variablesOf(file) {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Error(`"${file}" can be read by others: make it safe with "chmod 600 ${file}"`);
  }
  return parseEnvironmentFile(readFileSync(file, 'utf8'));
}
