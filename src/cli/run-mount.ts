/** Serves a mount until somebody ends it. */
import { setTimeout } from 'node:timers/promises';
import { DuplifsError, errorText } from '../base/index.js';
import { localPath } from '../storage/index.js';
import {
  checkMountpoint,
  mountFileSystem,
  MountView,
  type LogLevel,
  type MountSession,
} from '../mount/index.js';
import { type Repository } from '../snapshot/index.js';
import { archiveFolderOf, nowSeconds } from './common-options.js';
import { type MountCommandOptions } from './commands/mount.js';
import { type Log } from './log.js';
import { openRepository, type OpenOptions } from './open-repository.js';
import { runCommand } from './run-command.js';
import { snapshotAt } from './time-options.js';

/** New backup sets show up within a minute. */
const refreshMilliseconds = 30_000;

export interface RunMountOptions extends Pick<OpenOptions, 'ask'> {
  /** Called once the mount answers. */
  readonly onReady?: () => void;
}

export async function runMount(
  url: string,
  mountpoint: string,
  options: MountCommandOptions,
  { ask, onReady }: RunMountOptions = {},
): Promise<void> {
  await runCommand(options.verbosity, async ({ log, signal }) => {
    const place = await checkMountpoint(mountpoint, [
      ...localFolders(url, options),
      archiveFolderOf(url, options),
    ]);
    const repository = await openRepository(url, options, log, {
      signal,
      ...(ask === undefined ? {} : { ask }),
    });
    try {
      const view = await makeView(repository, options, signal);
      const session = await mountFileSystem(view, place, {
        engine: options.fuseEngine,
        allowOther: options.allowOther,
        defaultPermissions: options.allowOther && options.defaultPermissions,
        fsname: url.replace(/^([^:]+:\/\/)[^/@]*@/, '$1'),
        log: (level, message) => {
          write(log, level, message);
        },
      });
      log.notice(`Mounted at ${place}; end it with Ctrl-C or: duplifs umount ${place}`);
      onReady?.();
      await serve(session, view, repository, log, signal);
      return 0;
    } finally {
      await repository.close();
    }
  });
}

async function makeView(
  repository: Repository,
  options: MountCommandOptions,
  signal: AbortSignal,
): Promise<MountView> {
  const common = {
    repository,
    override: { uid: options.uid, gid: options.gid, umask: options.umask },
    now: () => nowSeconds(options),
  };
  if (options.time === undefined && options.pathToRestore === '') {
    const [newest] = repository.sets();
    if (newest === undefined) {
      throw new DuplifsError('NO_BACKUP', 'There is no backup at this URL yet');
    }
    await repository.prepare(newest, signal); // a wrong key is better noticed now
    return new MountView(common);
  }
  const snapshot = snapshotAt(repository, options);
  await snapshot.load(signal);
  const start = snapshot.resolve(options.pathToRestore);
  if (start.type !== 'dir') {
    throw new DuplifsError(
      'TARGET',
      `"${options.pathToRestore}" is a file, and only folders can be mounted`,
      {
        hint: 'Mount the folder that it is in, or restore it',
      },
    );
  }
  return new MountView({ ...common, only: { snapshot, folderId: start.id } });
}

/** Keeps the mount up to date until it ends. */
async function serve(
  session: MountSession,
  view: MountView,
  repository: Repository,
  log: Log,
  interrupted: AbortSignal,
): Promise<void> {
  const background = new AbortController();
  const stop = unmountOnSignal(session, log, interrupted);
  const work = Promise.all([
    keepFresh(session, view, repository, log, background.signal),
    repository.catalogueAll(background.signal, (error) => {
      if (!background.signal.aborted) log.warn(errorText(error));
    }),
  ]);
  try {
    const { reason } = await session.ended;
    if (reason === 'failed') throw new DuplifsError('FUSE', 'The mount failed');
  } finally {
    stop();
    background.abort();
    await work;
  }
}

/**
 * The first Ctrl-C or SIGTERM unmounts, unless something uses the mount; the next one forces it. Returns
 * what ends the watch.
 */
function unmountOnSignal(session: MountSession, log: Log, interrupted: AbortSignal): () => void {
  let tries = 0;
  const unmount = (): void => {
    tries += 1;
    session.unmount({ force: tries > 1 }).catch((error: unknown) => {
      log.error(`duplifs: ${errorText(error)}`);
      log.error('  It is still served; leave it, or send the signal again to force it');
    });
  };
  const first = (): void => {
    unmount();
    // a listener that is added while a signal is told is not told of that one
    process.on('SIGINT', unmount);
    process.on('SIGTERM', unmount);
  };
  interrupted.addEventListener('abort', first, { once: true });
  if (interrupted.aborted) first();
  return () => {
    interrupted.removeEventListener('abort', first);
    process.off('SIGINT', unmount);
    process.off('SIGTERM', unmount);
  };
}

/** Looks for new sets from time to time, and has the kernel forget what they change. */
async function keepFresh(
  session: MountSession,
  view: MountView,
  repository: Repository,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await setTimeout(refreshMilliseconds, undefined, { signal, ref: false });
      const before = repository.sets().map(({ key }) => key);
      await repository.refresh(signal);
      const after = repository.sets().map(({ key }) => key);
      if (before.join() === after.join()) continue;
      view.invalidate(session);
      log.info(`There are ${after.length} backup sets now`);
    } catch (error) {
      if (signal.aborted) return;
      log.warn(`Cannot look for new backup sets: ${errorText(error)}`);
    }
  }
}

/** The folder of the storage, where it is one of this machine. */
function localFolders(url: string, { tempdir }: MountCommandOptions): string[] {
  const isLocal = url.startsWith('file://') || !url.includes('://');
  return [
    ...(isLocal ? [localPath(url, process.cwd())] : []),
    ...(tempdir === undefined ? [] : [tempdir]),
  ];
}

function write(log: Log, level: LogLevel, message: string): void {
  if (level === 'warning') log.warn(message);
  else log[level](message);
}
