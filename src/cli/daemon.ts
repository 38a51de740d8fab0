/**
 * `mount --daemon`: a second process serves the mount (daemon-server.ts); this one stays until that answers, and does
 * for it what only this one can:
 *
 * - Questions (a passphrase) are asked here, on the terminal, and answered over the channel between the two; the
 *   arguments, which may hold a password, and the passphrases of the environment are handed over, so that no secret is
 *   ever in its arguments, its environment or a file.
 * - The mountpoint is looked at and mounted here. On an automount (autofs, systemd's too) the kernel has everybody wait
 *   until the mount is there, but for the process group of who answers for it. mount(8) was started in that group and so
 *   was this process, while the second one has left it, to outlive us and not to be shut out of the storage: to
 *   the exempted group, a storage that lies on another automount looks empty.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DuplifsError } from '../base/index.js';
import {
  attachDevice,
  inheritedDescriptor,
  isOnAutomount,
  openDevice,
  prepareMountpoint,
} from '../mount/index.js';
import { publicUrl } from '../storage/index.js';
import { sentError } from '../threads/index.js';
import { commandLine } from './arguments.js';
import { archiveFolderOf } from './common-options.js';
import { deviceDescriptor, deviceVariable, servingVariable } from './daemon-messages.js';
import type { DaemonRequest, FromServer, ToServer } from './daemon-messages.js';
import { isServingProcess, serveMount } from './daemon-server.js';
import { handOver } from './hand-over.js';
import type { Log } from './log.js';
import type { MountCommandOptions } from './mount-options.js';
import { askSecret } from './prompt/index.js';
import { environmentSecret } from './secrets.js';
import { runCommand } from './run-command.js';

/** The mount that was asked for, and what the two processes share. */
interface Daemon {
  readonly url: string;
  readonly mountpoint: string;
  /** An open /dev/fuse, which this process mounts and the second one serves. */
  readonly device: number | undefined;
  readonly logFile: number;
}

export async function runDaemon(
  url: string,
  mountpoint: string,
  options: MountCommandOptions,
): Promise<void> {
  if (isServingProcess()) {
    await serveMount(url, mountpoint, options);
    return;
  }
  await runCommand(options.verbosity, async ({ log, signal }) => {
    const folder = archiveFolderOf(url, options);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const logPath = join(folder, 'duplifs-mount.log');
    const logFile = openSync(logPath, 'a', 0o600);
    const before = fstatSync(logFile).size;
    const device = await openHere(mountpoint, options);
    const server = startServer({ url, mountpoint, device, logFile });
    const stop = (): void => void server.kill();
    signal.addEventListener('abort', stop);
    try {
      const exitCode = await untilReady(server, (request) =>
        answer(request, { mountpoint, device }),
      );
      if (exitCode === undefined) {
        log.notice(`Mounted at ${mountpoint}; the log is ${logPath}`);
        return 0;
      }
      reportFailure(log, { logPath, before });
      return exitCode;
    } finally {
      signal.removeEventListener('abort', stop);
      if (device !== undefined) closeSync(device);
    }
  });
}

/** The device, where this process mounts it: fusermount3 and libfuse open it themselves. */
async function openHere(
  mountpoint: string,
  { fuseEngine }: MountCommandOptions,
): Promise<number | undefined> {
  const isHere =
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    fuseEngine !== 'libfuse' &&
    inheritedDescriptor(mountpoint) === undefined;
  if (isHere) return openDevice();
  if (await isOnAutomount(resolve(mountpoint))) {
    throw new DuplifsError('FUSE', `"${mountpoint}" is an automount: only root can mount there`, {
      hint: 'Mount it as root, and without --fuse-engine libfuse',
    });
  }
  return undefined;
}

function startServer({ url, mountpoint, device, logFile }: Daemon): ChildProcess {
  const [, script] = process.argv;
  const passphrases = {
    PASSPHRASE: environmentSecret('PASSPHRASE'),
    SIGN_PASSPHRASE: environmentSecret('SIGN_PASSPHRASE'),
  };
  const { input, env } = handOver(commandLine(), passphrases);
  const own = { [servingVariable]: '1', [deviceVariable]: device === undefined ? undefined : '1' };
  const server = fork(script ?? '', ['mount', '--daemon', publicUrl(url), mountpoint], {
    detached: true,
    env: { ...process.env, ...env, ...own },
    stdio: ['pipe', logFile, logFile, ...handedOver(mountpoint, device), 'ipc'],
  });
  server.stdin?.on('error', () => undefined).end(input);
  return server;
}

/** The descriptors from 3 on that the second process gets: a device that was open here keeps its number. */
function handedOver(mountpoint: string, device: number | undefined): ('ignore' | number)[] {
  if (device !== undefined) return [device];
  const descriptor = inheritedDescriptor(mountpoint);
  if (descriptor === undefined || descriptor < deviceDescriptor) return [];
  return [...Array<'ignore'>(descriptor - deviceDescriptor).fill('ignore'), descriptor];
}

/** Answers what the second process asks; undefined once it serves the mount, its exit code when it ends before. */
function untilReady(
  server: ChildProcess,
  answerTo: (request: DaemonRequest) => Promise<string | undefined>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const send = (message: ToServer): void => {
      if (server.connected) server.send(message);
    };
    server.on('message', (message: FromServer) => {
      if (message.kind === 'ready') {
        server.disconnect();
        server.unref();
        resolve(undefined);
        return;
      }
      answerTo(message).then(
        (value) => {
          send({ kind: 'done', value });
        },
        (error: unknown) => {
          send({ kind: 'failed', error: sentError(error) });
        },
      );
    });
    server.on('error', reject);
    server.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

async function answer(
  request: DaemonRequest,
  { mountpoint, device }: Pick<Daemon, 'mountpoint' | 'device'>,
): Promise<string | undefined> {
  if (request.kind === 'ask') return (await askSecret(request.question))?.toString('base64');
  if (request.kind === 'prepare') return prepareMountpoint(mountpoint, request.apartFrom);
  if (device === undefined) throw new DuplifsError('FUSE', 'There is no open device to mount');
  await attachDevice(device, request.mountpoint, request.options);
  return undefined;
}

/** What the second process has said since it was started is in the log. */
function reportFailure(
  log: Log,
  { logPath, before }: { readonly logPath: string; readonly before: number },
): void {
  process.stderr.write(readFileSync(logPath).subarray(before));
  log.error(`duplifs: The mount failed; the log is ${logPath}`);
}
