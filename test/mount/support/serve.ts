/**
 * Serves a file system of the tests until it is unmounted: `serve.ts '{"mountpoint": …}'`. Prints one JSON
 * line when the mount answers, and one when it has ended; SIGTERM unmounts, SIGUSR1 prints the calls, SIGUSR2
 * lets one file appear and another vanish, SIGHUP is a bug.
 */
import { mountFileSystem } from '../../../src/mount/mount-file-system.js';
import { prepareMountpoint } from '../../../src/mount/mountpoint.js';
import { rootIno } from '../../../src/mount/file-system.js';
import type { MountOptions } from '../../../src/mount/engine.js';
import { isDuplifsError } from '../../../src/base/index.js';
import { manyFiles, sampleTree, shareLike, troubledTree } from './sample-tree.js';

export interface ServeRequest {
  readonly mountpoint: string;
  readonly tree: 'sample' | 'many' | 'share' | 'troubled';
  readonly engine?: MountOptions['engine'];
  readonly allowOther?: boolean;
  readonly defaultPermissions?: boolean;
  readonly cacheSeconds?: number;
  /** Check the mountpoint, and clean it up, before it is mounted. */
  readonly prepare?: boolean;
}

const trees = { sample: sampleTree, many: manyFiles, share: shareLike, troubled: troubledTree };

function say(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const request = JSON.parse(process.argv[2] ?? '{}') as ServeRequest;
const fs = trees[request.tree]();
if (request.cacheSeconds !== undefined) fs.cacheFor = request.cacheSeconds;
try {
  const mountpoint =
    request.prepare === true ? await prepareMountpoint(request.mountpoint) : request.mountpoint;
  const session = await mountFileSystem(fs, mountpoint, {
    engine: request.engine ?? 'kernel',
    allowOther: request.allowOther ?? false,
    defaultPermissions: request.defaultPermissions ?? false,
    fsname: 'file:///tmp/backup of "me"',
    report: (event) => {
      say({ log: 'reason' in event ? event.reason : event.code, level: event.level });
    },
  });
  process.on('SIGTERM', () => {
    session.unmount().catch((error: unknown) => {
      say({ failed: error instanceof Error ? error.message : 'unknown' });
    });
  });
  process.on('SIGUSR1', () => {
    say({ calls: fs.calls, aborted: fs.aborted, rss: process.memoryUsage().rss });
  });
  process.on('SIGUSR2', () => {
    fs.file(rootIno, 'appeared', 'new');
    fs.remove(rootIno, 'quick');
    for (const name of ['appeared', 'quick']) session.invalidateEntry(rootIno, name);
    session.invalidateNode(rootIno);
    say({ changed: true });
  });
  process.on('SIGHUP', () => {
    throw new Error('A bug');
  });
  say({ ready: true, engine: session.engine });
  const { reason } = await session.ended;
  say({ ended: reason, cpu: process.cpuUsage() });
} catch (error) {
  if (!isDuplifsError(error)) throw error;
  say({ failed: error.message, code: error.code, hint: error.hint });
  process.exitCode = error.exitCode;
}
