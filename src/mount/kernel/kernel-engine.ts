/** The engine that speaks the kernel's FUSE protocol itself: no native code between /dev/fuse and us. */
import { deferred, DuplifsError, encodeName } from '../../base/index.js';
import type { MountEnd, MountOptions, MountSession } from '../engine.js';
import type { ReadOnlyFileSystem } from '../file-system.js';
import { rateLimited } from '../rate-limited.js';
import { unmountPath } from '../unmount.js';
import type { UnmountOptions } from '../unmount.js';
import { FuseDevice } from './device.js';
import { encodeInvalidEntry, encodeInvalidNode } from './notifications.js';
import { FuseServer } from './server.js';

/**
 * Serves `fs` on an attached descriptor, which it owns from now on. Resolves once the kernel and we have
 * agreed on the protocol.
 *
 * @param mountpoint where it is mounted; undefined where only whoever mounted it knows
 * @throws {DuplifsError} FUSE: the kernel is too old, or the mount ended before it began
 */
export async function serveKernel(
  fs: ReadOnlyFileSystem,
  fd: number,
  mountpoint: string | undefined,
  options: MountOptions,
): Promise<MountSession> {
  const session = new KernelSession(fs, fd, mountpoint, options);
  await session.ready;
  return session;
}

class KernelSession implements MountSession {
  readonly engine = 'kernel';
  readonly ready: Promise<undefined>;
  readonly ended: Promise<MountEnd>;
  readonly #mountpoint: string | undefined;
  readonly #device: FuseDevice;
  readonly #server: FuseServer;
  #notices: { readonly ino: number; readonly message: Uint8Array }[] = [];
  #reason: MountEnd['reason'] = 'outside';

  constructor(
    fs: ReadOnlyFileSystem,
    fd: number,
    mountpoint: string | undefined,
    options: MountOptions,
  ) {
    const report = rateLimited(options.report);
    this.#mountpoint = mountpoint;
    this.#device = new FuseDevice(fd, report);
    const ready = deferred<undefined>();
    const ended = deferred<MountEnd>();
    const events = {
      onReady: (): void => {
        ready.resolve(undefined);
      },
      onRefused: (error: DuplifsError): void => {
        this.#reason = 'failed';
        ready.reject(error);
        this.#device.close();
      },
    };
    this.#server = new FuseServer(fs, {
      request: this.#device.request,
      transport: this.#device,
      events,
      report,
    });
    this.#server.exchange.onSettled(() => {
      this.#flushNotices();
    });
    this.ready = ready.promise;
    this.ended = ended.promise;
    this.#device.start({
      onRequest: (length) => {
        this.#server.handle(length);
        return !this.#server.exchange.isWaiting;
      },
      onEnd: () => {
        this.#notices.length = 0;
        this.#server.exchange.abandon();
        ready.reject(new DuplifsError('FUSE', 'The mount ended before it answered'));
        ended.resolve({ reason: this.#reason });
      },
    });
  }

  async unmount(options: UnmountOptions = {}): Promise<void> {
    const before = this.#reason;
    this.#reason = 'unmounted';
    try {
      // Without a mountpoint, closing is all that can be done: whoever mounted it unmounts it.
      if (this.#mountpoint === undefined) this.#device.close();
      else await unmountPath(this.#mountpoint, options);
    } catch (error) {
      this.#reason = before;
      throw error;
    }
    // Detached while in use, it would go on until its last user has gone: whoever forces does not wait.
    if (options.force === true) this.#device.close();
    await this.ended;
  }

  invalidateEntry(parent: number, name: string): void {
    this.#notices.push({ ino: parent, message: encodeInvalidEntry(parent, encodeName(name)) });
    this.#flushNotices();
  }

  invalidateNode(ino: number): void {
    this.#notices.push({ ino, message: encodeInvalidNode(ino) });
    this.#flushNotices();
  }

  /**
   * The kernel takes the lock of a folder to invalidate in it, and whoever waits for an answer about that
   * folder holds it: such notices wait until the answer is out.
   */
  #flushNotices(): void {
    const held = this.#notices.filter(({ ino }) => this.#server.exchange.isBusy(ino));
    const free = this.#notices.filter((notice) => !held.includes(notice));
    this.#notices = held;
    for (const { message } of free) this.#device.notify(message);
  }
}
