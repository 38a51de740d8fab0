/** Who holds a lock on a target: what the lock file says, and whether that process is gone. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { birthOfProcess, isProcessAlive } from '../../base/index.js';

/** The process that holds a lock, as the lock file has it. */
export interface LockHolder {
  readonly version: 1;
  readonly host: string;
  readonly pid: number;
  /** When the process was born, in clock ticks; '0' when that is not known. */
  readonly born: string;
  /** Of the machine, its boot, and the numbering of processes (a container has its own); '' when not known. */
  readonly machine: string;
  readonly boot: string;
  readonly processes: string;
  /** When the lock was taken, in seconds by the holder's clock. */
  readonly since: number;
  /** When it was put again, for storages that do not tell times of files. */
  readonly renewed?: number | undefined;
}

const lockHolder: z.ZodType<LockHolder> = z.object({
  version: z.literal(1),
  host: z.string(),
  pid: z.int(),
  born: z.string(),
  machine: z.string(),
  boot: z.string(),
  processes: z.string(),
  since: z.number(),
  renewed: z.number().optional(),
});

/** A holder writes its lock again in this interval, and is taken for dead after the longer time. */
export const refreshSeconds = 5 * 60;
export const staleSeconds = 30 * 60;

/** This process. */
export function ownHolder(): LockHolder {
  return {
    version: 1,
    host: hostname(),
    pid: process.pid,
    born: birthOfProcess(process.pid) ?? '0',
    machine: machineId(),
    boot: firstLine('/proc/sys/kernel/random/boot_id'),
    processes: processNamespace(),
    since: Math.floor(Date.now() / 1000),
  };
}

/** Undefined when the text is not that of a lock. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    return lockHolder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Whether the holder is gone: its process on this machine has ended, the machine was started anew, or nothing was
 * heard of it for longer than any run that lives, or sleeps no longer than that, stays silent.
 */
export function isGone(
  other: LockHolder | undefined,
  own: LockHolder,
  silentSeconds: number,
): boolean {
  if (other !== undefined && isSameMachine(other, own)) {
    if (other.boot !== own.boot) return true;
    if (other.processes === own.processes) return !isProcessAlive(other.pid, other.born);
  }
  return silentSeconds > staleSeconds;
}

/** Whether this process can look for that one, and find it alive or gone. */
export function isSeenFrom(other: LockHolder, own: LockHolder): boolean {
  return isSameMachine(other, own) && other.boot === own.boot && other.processes === own.processes;
}

/** A copied image has its machine id in every copy; with the same name as well it is the same. */
function isSameMachine(one: LockHolder, other: LockHolder): boolean {
  return (
    one.machine !== '' &&
    one.boot !== '' &&
    one.machine === other.machine &&
    one.host === other.host
  );
}

/** Not the id itself, which is not to be shown to others (machine-id(5)). */
function machineId(): string {
  const id = firstLine('/etc/machine-id');
  return id === '' ? '' : createHash('sha256').update(`duplifs ${id}`).digest('hex').slice(0, 16);
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'latin1').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}

/** As sentences name a holder; undefined where the lock does not say whose it is. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'it does not say who it is';
  const { pid, host, since } = holder;
  return `process ${pid} on "${host}", since ${new Date(since * 1000).toISOString()}`;
}
