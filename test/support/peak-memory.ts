/** Programs whose memory is looked at. */
import { readFileSync } from 'node:fs';
import { duplifsScript, run } from './run.js';
import type { RunOptions } from './run.js';

/** Its children's largest resident set is what the kernel tells a parent that has waited for them. */
const measure = `
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], 'w').write(f'{used.ru_maxrss} {used.ru_utime + used.ru_stime}')
sys.exit(status)
`;

export interface Measured {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory that the process had resident at any time (VmHWM). */
  readonly peakBytes: number;
  /** User and system time of it and all that it started. */
  readonly cpuSeconds: number;
}

/** Runs duplifs (`built` has to have been awaited); `note` is a path for the figure. */
export async function measuredDuplifs(
  args: readonly string[],
  note: string,
  options: RunOptions,
): Promise<Measured> {
  return measured([process.execPath, duplifsScript, ...args], note, options);
}

/** Runs a program; `note` is a path for the figures. */
export async function measured(
  command: readonly string[],
  note: string,
  options: RunOptions,
): Promise<Measured> {
  const finished = await run('python3', ['-c', measure, note, ...command], options);
  const [kibibytes, seconds] = readFileSync(note, 'utf8').split(' ');
  return { ...finished, peakBytes: Number(kibibytes) * 1024, cpuSeconds: Number(seconds) };
}

/** The most memory that a running process has had resident. */
export function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
