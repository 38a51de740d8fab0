/**
 * No core file: what is left of a process that crashes would hold its passphrases and keys. On Linux its memory is left
 * out of a core dump whoever takes it, and the limit for core files is 0; elsewhere the limit alone is.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { childEnvironment } from '../base/index.js';

/** RLIMIT_CORE, the same number on Linux and macOS. */
const limitOfCore = 4;

/** Sees to it for this process and its children. What cannot be had on a system is left out. */
export function refuseCoreFiles(): void {
  if (process.platform === 'linux') {
    attempt(() => {
      writeFileSync('/proc/self/coredump_filter', '0'); // core(5)
    });
    if (isLimitZero()) return;
    // a small program takes a few milliseconds beside us, where loading koffi would hold us up for longer
    spawn('prlimit', ['--core=0:0', '--pid', String(process.pid)], {
      stdio: 'ignore',
      env: childEnvironment(),
    })
      .on('error', () => void setLimit())
      .unref();
    return;
  }
  void setLimit();
}

function isLimitZero(): boolean {
  try {
    return /^Max core file size\s+0\s/m.test(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return false;
  }
}

async function setLimit(): Promise<void> {
  try {
    const { default: koffi } = await import('koffi');
    const rlimit = koffi.struct({ soft: 'uint64_t', hard: 'uint64_t' });
    const setrlimit = koffi.load(null).func('setrlimit', 'int', ['int', koffi.pointer(rlimit)]) as (
      resource: number,
      limit: { soft: number; hard: number },
    ) => number;
    setrlimit(limitOfCore, { soft: 0, hard: 0 });
  } catch {
    // no koffi for this platform
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // not allowed here
  }
}
