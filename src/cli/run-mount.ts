/** Serves a mount until somebody ends it. */
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DuplifsError, errorText } from '../base/index.js';
import { isLocalUrl, localFolders, publicUrl } from '../storage/index.js';
import { prepareMountpoint, mountFileSystem, MountView } from '../mount/index.js';
import type { ForeignFolder, MountOptions, MountSession } from '../mount/index.js';
import type { Repository } from '../repository/index.js';
import { archiveFolderOf, nowSeconds } from './common-options.js';
import type { Log } from './log.js';
import type { MountCommandOptions } from './mount-options.js';
import { openFor } from './open-repository.js';
import type { OpenOptions } from './open-repository.js';
import { namingReadableSets } from './readable-sets.js';
import { runCommand } from './run-command.js';
import type { CommandContext } from './run-command.js';
import { snapshotAt } from './time-options.js';

/** New backup sets show up within a minute. */
const refreshMilliseconds = 30_000;
const maxRetryPauseSeconds = 5;

/** Who looks at the mountpoint and mounts: another process, where this one would be kept out of an automount. */
export interface Mounter {
  readonly prepare: typeof prepareMountpoint;
  readonly attach?: MountOptions['attach'];
}

export interface RunMountOptions extends Pick<OpenOptions, 'ask'> {
  readonly mounter?: Mounter | undefined;
  /** Called once the mount answers. */
  readonly onReady?: () => void;
}

export async function runMount(
  url: string,
  mountpoint: string,
  options: MountCommandOptions,
  { ask, onReady, mounter = { prepare: prepareMountpoint } }: RunMountOptions = {},
): Promise<void> {
  await runCommand(options.verbosity, async ({ log, signal, statistics }) => {
    const place = await mounter.prepare(mountpoint, await ownFolders(url, options));
    const repository = await openFor(
      { url, options, log },
      {
        signal,
        statistics,
        ask,
        // a reader waits as long as --read-timeout for a storage that is gone, then gets EIO
        storageOptions: {
          numRetries: 1_000_000,
          retryDelaySeconds: maxRetryPauseSeconds,
          maxRetrySeconds: options.readTimeout,
        },
      },
    );
    try {
      const view = await namingReadableSets(repository, signal, () =>
        makeView(repository, options, signal),
      );
      await mounter.prepare(mountpoint, sourceFolders(repository));
      const session = await mountFileSystem(view, place, {
        engine: options.fuseEngine,
        allowOther: options.allowOther,
        defaultPermissions: options.allowOther && options.defaultPermissions,
        fsname: publicUrl(url),
        asNetwork: options.asNetwork,
        report: log.report,
        attach: mounter.attach,
      });
      view.servedBy(session);
      log.notice(`Mounted at ${place}; end it with Ctrl-C or: duplifs umount ${place}`);
      onReady?.();
      const fill = options.backgroundFill ?? isLocalUrl(url);
      const now = (): number => nowSeconds(options);
      await serve(session, view, repository, { log, signal, statistics, fill, now });
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
    listsXattrs: options.xattrs,
    rewriteLinks: options.rewriteLinks,
    now: () => nowSeconds(options),
  };
  if (options.time === undefined && options.pathToRestore === '') {
    await prepareNewest(repository, options, signal);
    return new MountView(common);
  }
  const { snapshot } = await snapshotAt(repository, options, signal);
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

/**
 * Opens the manifest of the newest set that is whole and that of its full, for a wrong key is better noticed now, and
 * tells what newer ones lack. Those between them are read when `latest` or a tree is asked for.
 */
async function prepareNewest(
  repository: Repository,
  options: MountCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const now = nowSeconds(options);
  for (;;) {
    const newest = repository.newestKnown(now);
    const [first] = repository.sets(); // where all sets are of the future
    if (newest === undefined && (first === undefined || repository.nothingWhole(now))) {
      throw nothingToMount(repository, now);
    }
    const prepared = newest ?? first;
    if (prepared !== undefined) {
      await repository.prepare(prepared, signal);
      // older sets may have another key than newer ones
      const full = repository.fullOf(prepared);
      if (full !== undefined) await repository.prepare(full, signal);
    }
    if (repository.newestKnown(now) !== newest) continue;
    repository.reportNewer(newest, now);
    return;
  }
}

function nothingToMount(repository: Repository, now: number): DuplifsError {
  const isEmpty = repository.states().length === 0;
  return (
    repository.nothingWhole(now) ??
    new DuplifsError(
      'NO_BACKUP',
      isEmpty
        ? 'There is no backup at this URL yet'
        : 'The backup at this URL has not come to its end yet: there is no set that is complete',
    )
  );
}

/** Keeps the mount up to date until it ends. */
async function serve(
  session: MountSession,
  view: MountView,
  repository: Repository,
  {
    log,
    signal,
    fill,
    now,
  }: CommandContext & { readonly fill: boolean; readonly now: () => number },
): Promise<void> {
  const background = new AbortController();
  const stop = unmountOnSignal(session, log, signal);
  const work = Promise.all([
    keepFresh(view, repository, { log, signal: background.signal, now }),
    fill &&
      repository.catalogueAll({
        signal: background.signal,
        onFailure: (error) => {
          log.warn(errorText(error));
        },
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
 * The first Ctrl-C, Ctrl-\, SIGTERM or SIGHUP unmounts, unless something uses the mount; the next but SIGHUP forces it.
 * Returns what ends the watch.
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
    process.on('SIGQUIT', unmount);
  };
  interrupted.addEventListener('abort', first, { once: true });
  if (interrupted.aborted) first();
  return () => {
    interrupted.removeEventListener('abort', first);
    process.off('SIGINT', unmount);
    process.off('SIGTERM', unmount);
    process.off('SIGQUIT', unmount);
  };
}

/** Looks for new sets from time to time, and has the kernel forget what they change. */
async function keepFresh(
  view: MountView,
  repository: Repository,
  { log, signal, now }: Pick<CommandContext, 'log' | 'signal'> & { readonly now: () => number },
): Promise<void> {
  for (;;) {
    try {
      await setTimeout(refreshMilliseconds, undefined, { signal, ref: false });
      const before = stateText(repository);
      await repository.refresh(signal);
      if (before === stateText(repository)) continue;
      view.invalidate();
      log.info(`There are ${repository.sets().length} backup sets now`);
      repository.reportNewer(repository.newestKnown(now()), now());
    } catch (error) {
      if (signal.aborted) return;
      log.warn(`Cannot look for new backup sets: ${errorText(error)}`);
    }
  }
}

/** Changes when a set appears or vanishes, or is found to lack something. */
function stateText(repository: Repository): string {
  const sets = repository.sets().map(({ key }) => key);
  const states = repository.states().map(({ key, faults }) => `${key} ${faults.length}`);
  return [...sets, ...states].join();
}

/** Folders that a mount must not lie in or over: to read from it would be to wait for ourselves. */
async function ownFolders(url: string, options: MountCommandOptions): Promise<ForeignFolder[]> {
  const storage = await localFolders(url);
  return [
    ...storage.map((path) => ({ what: 'the storage', path })),
    { what: 'the archive dir', path: archiveFolderOf(url, options) },
    ...(options.tempdir === undefined ? [] : [{ what: 'the tempdir', path: options.tempdir }]),
  ];
}

/** What was backed up, where that was on this machine: a backup of its own mount would never end. */
function sourceFolders(repository: Repository): ForeignFolder[] {
  // of the newest set whose manifest was read
  const source = repository
    .sets()
    .map((set) => repository.sourceOf(set))
    .find((one) => one !== undefined);
  if (source === undefined || !isAbsolute(source.folder)) return [];
  const isHere = source.hostName === hostname() || source.hostName === hostname().split('.')[0];
  return isHere && source.folder !== '/' ? [{ what: 'the source', path: source.folder }] : [];
}
