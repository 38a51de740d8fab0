/** Mounts a tool's backup for a measurement, and unmounts it whatever happens. */
import { mkdtempSync, readFileSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Server, runScript } from './process.js';

const patienceMilliseconds = 120_000;

/**
 * Mounts, calls `work` with the server and the path of the tree in the mount, and unmounts.
 *
 * @template T
 * @param {import('./tools.js').Tool} tool
 * @param {string} place of its backup
 * @param {(mount: { server: Server, tree: string }) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withMount(tool, place, work) {
  const mountpoint = realpathSync(mkdtempSync(join(tmpdir(), 'duplifs-bench-mount-')));
  const server = new Server(tool.mountCommand(place, mountpoint), tool.env(place));
  try {
    await untilMounted(server, mountpoint);
    return await work({ server, tree: join(mountpoint, tool.treePath, '/') });
  } finally {
    await unmount(server, mountpoint);
    rmdirSync(mountpoint);
  }
}

async function untilMounted(server, mountpoint) {
  const deadline = Date.now() + patienceMilliseconds;
  while (!isMounted(mountpoint)) {
    if (server.hasEnded || Date.now() > deadline) {
      throw new Error(`It did not mount: ${server.output}`);
    }
    await pause(2);
  }
}

async function unmount(server, mountpoint) {
  const command = process.getuid() === 0 ? 'umount' : 'fusermount -u';
  for (let tries = 0; tries < 20 && isMounted(mountpoint); tries += 1) {
    // a reader that was just ended may hold it for a moment
    await runScript(`${command} '${mountpoint}'`, { allowFailure: true });
    if (isMounted(mountpoint)) await pause(100);
  }
  if (isMounted(mountpoint)) {
    server.kill();
    await runScript(`${command === 'umount' ? 'umount -l' : 'fusermount -uz'} '${mountpoint}'`);
  }
  await server.end();
}

function isMounted(mountpoint) {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mountpoint} `);
}
