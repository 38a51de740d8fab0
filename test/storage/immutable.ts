/** Folders that not even root can write, for servers that run as root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const frozen: string[] = [];

/** Makes a folder with one file of four bytes in it, and lets nobody change it. */
export function freeze(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'there'), 'here');
  execFileSync('chattr', ['+i', join(folder, 'there'), folder]);
  frozen.push(folder);
}

/** Undoes all of it, for the folders to be removed. */
export function thaw(): void {
  for (const folder of frozen.splice(0)) {
    execFileSync('chattr', ['-i', join(folder, 'there'), folder]);
  }
}
