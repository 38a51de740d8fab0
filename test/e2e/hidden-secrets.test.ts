/** What other users see in the list of processes, and what is left in /proc, while a mount is served in the background. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/mount-process.js';
import { built, duplifsScript, testEnvironment } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Shown {
  readonly pid: string;
  readonly arguments: string;
  readonly environment: string;
  readonly coreLimit: string;
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

/** The processes that have `text` among their arguments. */
function processesWith(text: string): Shown[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({
      pid,
      arguments: read(pid, 'cmdline'),
      environment: read(pid, 'environ'),
      coreLimit: /^Max core file size\s+(\S+)/m.exec(read(pid, 'limits'))?.[1] ?? '',
    }))
    .filter((one) => one.arguments.includes(text));
}

describe.runIf(process.platform === 'linux')('a mount in the background', () => {
  it('shows no password of its URL or options, keeps no passphrase in its environment, leaves no core', async () => {
    await built();
    const home = newFolder();
    const mountpoint = join(home, 'mnt');
    mkdirSync(mountpoint);
    const silent = createServer(() => undefined); // takes connections and says nothing
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `webdav://user:url-secret@127.0.0.1:${port}/x`;
    const starter = spawn(
      'bash',
      [
        ...['-c', 'ulimit -c unlimited; exec "$@"', 'bash', process.execPath, duplifsScript],
        ...['mount', '--daemon', '--timeout', '20', '--num-retries', '1', '--read-timeout', '1'],
        ...['--webdav-headers', 'X-Token: header-secret', '--archive-dir', join(home, 'archive')],
        ...[url, mountpoint],
      ],
      { env: testEnvironment({ PASSPHRASE: 'variable-secret' }), stdio: 'ignore' },
    );
    const ended = once(starter, 'exit');
    try {
      let server: Shown | undefined;
      await until(() => {
        server = processesWith(mountpoint).find(({ pid }) => Number(pid) !== starter.pid);
        return Promise.resolve(server?.coreLimit === '0');
      }, 30_000);
      expect(server?.arguments).toContain('webdav://user@127.0.0.1');
      for (const shown of processesWith(mountpoint)) {
        expect(shown.arguments).not.toContain('url-secret');
        if (Number(shown.pid) === starter.pid) continue; // who typed a header shows it himself
        expect(shown.arguments).not.toContain('header-secret');
        expect(shown.environment).not.toContain('variable-secret');
      }
    } finally {
      silent.close();
      for (const { pid } of processesWith(mountpoint)) process.kill(Number(pid), 'SIGKILL');
      await ended;
    }
  });
});
