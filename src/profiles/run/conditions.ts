/** What must hold before a run begins: network, power, an idle machine. */
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, loadavg, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseInterval } from '../../time/index.js';
import type { RunSettings } from '../schema.js';

type Conditions = NonNullable<RunSettings['only-if']>;

const connectMilliseconds = 10_000;
const pauseMilliseconds = 5000;
const powerFolder = '/sys/class/power_supply';

/**
 * Waits until all conditions hold, for as long as they say.
 * @returns undefined when they hold, else a sentence about the first that does not
 */
export async function unmetCondition(
  conditions: Conditions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const waitSeconds = conditions.wait === undefined ? 0 : parseInterval(conditions.wait);
  const deadline = Date.now() + waitSeconds * 1000;
  for (;;) {
    const unmet = await firstUnmet(conditions);
    if (unmet === undefined || Date.now() >= deadline) return unmet;
    const pause = Math.min(pauseMilliseconds, deadline - Date.now());
    await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

async function firstUnmet({ network, power, idle }: Conditions): Promise<string | undefined> {
  if (network === true && !hasNetwork()) return 'There is no network';
  if (typeof network === 'string' && !(await isReachable(network))) {
    return `"${network}" cannot be reached`;
  }
  if (power === true && (await isOnBattery())) return 'The machine runs on battery';
  const [load = 0] = loadavg();
  const share = load / availableParallelism();
  if (idle !== undefined && share >= idle) {
    return `The machine is busy: a load of ${share.toFixed(2)} for each processor`;
  }
  return undefined;
}

/** Any address but those of this machine alone. */
function hasNetwork(): boolean {
  return Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(({ internal, address }) => !internal && !address.startsWith('fe80:')),
  );
}

/** Whether somebody takes connections at "host:port". */
async function isReachable(place: string): Promise<boolean> {
  const colon = place.lastIndexOf(':');
  const host = place.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(place.slice(colon + 1)) });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(connectMilliseconds, () => {
      end(false);
    });
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}

/** Whether a battery is all that feeds the machine. One without a battery never is. */
export async function isOnBattery(folder = powerFolder): Promise<boolean> {
  let hasBattery = false;
  for (const name of await readdir(folder).catch(() => [])) {
    const type = await fieldOf(folder, name, 'type');
    if (type === 'Mains' || type === 'USB') {
      if ((await fieldOf(folder, name, 'online')) === '1') return false;
    } else if (type === 'Battery' && (await fieldOf(folder, name, 'scope')) !== 'Device') {
      // a mouse has a battery as well
      hasBattery = true;
    }
  }
  return hasBattery;
}

async function fieldOf(folder: string, name: string, field: string): Promise<string> {
  const text = await readFile(join(folder, name, field), 'utf8').catch(() => '');
  return text.trim();
}
