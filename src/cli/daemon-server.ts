/** The second process of `mount --daemon`, which serves the mount (daemon.ts). */
import { DuplifsError } from '../base/index.js';
import { receivedError } from '../threads/index.js';
import { deviceDescriptor, deviceVariable, servingVariable } from './daemon-messages.js';
import type { DaemonRequest, FromServer, ToServer } from './daemon-messages.js';
import type { MountCommandOptions } from './mount-options.js';
import { runMount } from './run-mount.js';
import type { Mounter } from './run-mount.js';

/** Whether this is the second process: started by the first, with a channel to it. */
export function isServingProcess(): boolean {
  return process.env[servingVariable] !== undefined && process.send !== undefined;
}

export async function serveMount(
  url: string,
  mountpoint: string,
  options: MountCommandOptions,
): Promise<void> {
  let isReady = false;
  await runMount(url, mountpoint, options, {
    mounter: process.env[deviceVariable] === undefined ? undefined : mounterElsewhere,
    ask: async (question) => {
      if (isReady || !process.connected) return undefined;
      const answer = await request({ kind: 'ask', question });
      return answer === undefined ? undefined : Buffer.from(answer, 'base64');
    },
    onReady: () => {
      isReady = true;
      send({ kind: 'ready' });
    },
  });
}

/** The first process looks at the mountpoint and mounts the device that it has given us. */
const mounterElsewhere: Mounter = {
  prepare: async (mountpoint, apartFrom) =>
    (await request({ kind: 'prepare', apartFrom: apartFrom ?? [] })) ?? mountpoint,
  attach: async (mountpoint, { allowOther, defaultPermissions, fsname, asNetwork }) => {
    const options = { allowOther, defaultPermissions, fsname, asNetwork };
    await request({ kind: 'attach', mountpoint, options });
    return deviceDescriptor;
  },
};

/** Has the first process do something; one thing at a time. */
function request(message: DaemonRequest): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      process.off('message', take).off('disconnect', lose);
    };
    const lose = (): void => {
      leave();
      reject(new DuplifsError('INTERRUPTED', 'The process that asked for the mount is gone'));
    };
    const take = (answer: ToServer): void => {
      leave();
      if (answer.kind === 'done') resolve(answer.value);
      else reject(receivedError(answer.error));
    };
    process.on('message', take).on('disconnect', lose);
    if (process.connected) send(message);
    else lose();
  });
}

function send(message: FromServer): void {
  process.send?.(message);
}
