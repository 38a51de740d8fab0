/** Whether a process, known by its id and when it was born, is still there. */
import { readFileSync } from 'node:fs';

/** Whether there is a process of that id, and it is the one that was born then ('0': not known). */
export function isProcessAlive(pid: number, born: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const now = birthOfProcess(pid);
  return now === undefined || born === '0' || now === born;
}

/** When a process started, in clock ticks (proc(5), field 22); undefined where there is no /proc. */
export function birthOfProcess(pid: number): string | undefined {
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
