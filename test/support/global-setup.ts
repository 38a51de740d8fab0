/** A folder for what is made once in a test run (see once.ts), removed at its end. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly runFolder: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'duplifs-tests-'));
  chmodSync(folder, 0o711); // other users have to get at mounts in it
  provide('runFolder', folder);
  return () => {
    unmountBelow(folder);
    for (const name of readdirSync(folder)) endAgent(join(folder, name, 'gnupg'));
    rmSync(folder, { recursive: true, force: true });
  };
}

/** What a test that was killed has left mounted. */
function unmountBelow(folder: string): void {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n').reverse()) {
    const mountpoint = line.split(' ')[1] ?? '';
    if (mountpoint.startsWith(`${folder}/`)) execFileSync('umount', ['-l', mountpoint]);
  }
}

/** gpg starts an agent for each home, which would outlive the tests. */
function endAgent(home: string): void {
  if (existsSync(home)) execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
}
