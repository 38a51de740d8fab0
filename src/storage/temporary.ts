/**
 * Names of files in the making: `.duplifs-tmp-HOST-PID-BORN-RANDOM`. They tell which process writes
 * them, so that the next writer removes what a killed one left and nothing that is still being written,
 * also when several machines write into one network folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { birthOfProcess, isProcessAlive } from '../base/index.js';
import { temporaryPrefix } from './names.js';

/** Another machine's process cannot be asked for; after this time its file is nobody's. */
const foreignSeconds = 7 * 24 * 3600;

export function temporaryName(): string {
  const born = birthOfProcess(process.pid) ?? '0';
  const random = randomBytes(6).toString('hex');
  return `${temporaryPrefix}${host()}-${process.pid}-${born}-${random}`;
}

/** Whether a file of that name and age was left behind by a process that is gone. */
export function isLeftover(name: string, ageSeconds: number): boolean {
  const parts = /^\.duplifs-tmp-([0-9a-f]{8})-([0-9]{1,10})-([0-9]{1,20})-[0-9a-f]{12}$/.exec(name);
  if (parts === null) return false;
  const [, writerHost, pid, born] = parts;
  if (writerHost !== host()) return ageSeconds > foreignSeconds;
  return !isProcessAlive(Number(pid), born ?? '0');
}

function host(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
