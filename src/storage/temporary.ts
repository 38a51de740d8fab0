/**
 * Names of files in the making: `.duplifs-tmp-HOST-PID-BORN-RANDOM`. They tell which process writes
 * them, so that the next writer removes what a killed one left and nothing that is still being written,
 * also when several machines write into one network folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { temporaryPrefix } from './names.js';

/** Another machine's process cannot be asked for; after this time its file is nobody's. */
const foreignSeconds = 7 * 24 * 3600;

export function temporaryName(): string {
  const born = birthOf(process.pid) ?? '0';
  const random = randomBytes(6).toString('hex');
  return `${temporaryPrefix}${host()}-${process.pid}-${born}-${random}`;
}

/** Whether a file of that name and age was left behind by a process that is gone. */
export function isLeftover(name: string, ageSeconds: number): boolean {
  const parts = /^\.duplifs-tmp-([0-9a-f]{8})-([0-9]{1,10})-([0-9]{1,20})-[0-9a-f]{12}$/.exec(name);
  if (parts === null) return false;
  const [, writerHost, pid, born] = parts;
  if (writerHost !== host()) return ageSeconds > foreignSeconds;
  if (!exists(Number(pid))) return true;
  const now = birthOf(Number(pid));
  return now !== undefined && born !== '0' && now !== born;
}

function host(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** When a process started, in clock ticks (proc(5), field 22); undefined where there is no /proc. */
function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')[19]
      ?.trim();
  } catch {
    return undefined;
  }
}
