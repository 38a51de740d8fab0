/** Checks of the machine: Node.js, FUSE, gpg. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { errorText, isDuplifsError, runProgram } from '../../base/index.js';
import { sqliteEngine } from '../../sqlite/index.js';
import type { CommonOptions } from '../common-options.js';
import { failed, ok, skipped, warning } from './check.js';
import type { Finding } from './check.js';

const oldestNode = [20, 19] as const;
const timeoutSeconds = 10;

export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isNewEnough
    ? ok('node', `Node.js ${version}`)
    : failed('node', `Node.js ${version} is too old`, 'Install Node.js 20.19 or newer');
}

/** What brings SQLite, without which no backup can be read. */
export function checkSqlite(): Finding {
  try {
    return ok('sqlite', sqliteEngine().name);
  } catch (error) {
    if (!isDuplifsError(error, 'SQLITE')) throw error;
    return failed('sqlite', error.message, error.hint ?? '');
  }
}

/** Whether a mount can work here, and by which engine. */
export async function checkFuse(): Promise<Finding[]> {
  if (process.platform !== 'linux') {
    return [skipped('fuse', `On ${process.platform} mounts go through libfuse (fuse-native)`)];
  }
  return [await checkDevice(), await checkHelper(), ...(await checkCalls())];
}

async function checkDevice(): Promise<Finding> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
    return ok('fuse device', '/dev/fuse can be opened; the kernel engine is used');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) {
      return failed('fuse device', '/dev/fuse is not there', 'Load the module: modprobe fuse');
    }
    return failed(
      'fuse device',
      `/dev/fuse cannot be opened: ${errorText(error)}`,
      'Mount as root, or let users in: chmod 666 /dev/fuse (udev usually does)',
    );
  }
}

async function checkHelper(): Promise<Finding> {
  if (process.getuid?.() === 0) return skipped('fusermount', 'Root needs no setuid helper');
  for (const helper of ['fusermount3', 'fusermount']) {
    const version = await firstLine(helper, ['--version']);
    if (version !== undefined) return checkAllowOther(version);
  }
  return failed(
    'fusermount',
    'Neither fusermount3 nor fusermount was found',
    'Install the package fuse3, or mount as root',
  );
}

/** The calls of libc that mounts of ordinary users need (native-notes/koffi.md). */
async function checkCalls(): Promise<Finding[]> {
  if (process.getuid?.() === 0) return [];
  try {
    await import('koffi');
    return [];
  } catch {
    const message = 'koffi is not installed, or has no build for this machine';
    return [warning('libc calls', message, 'Mount as root, or with --fuse-engine libfuse')];
  }
}

async function checkAllowOther(version: string): Promise<Finding> {
  const settings = await readFile('/etc/fuse.conf', 'utf8').catch(() => '');
  const allowed = /^\s*user_allow_other\s*$/m.test(settings);
  return ok(
    'fusermount',
    `${version}; --allow-other ${allowed ? 'may be used' : 'needs user_allow_other in /etc/fuse.conf'}`,
  );
}

export async function checkGpg({ gpgBinary }: CommonOptions): Promise<Finding> {
  const version = await firstLine(gpgBinary, ['--version']);
  if (version !== undefined) return ok('gpg', version);
  const message = `"${gpgBinary}" cannot be run`;
  const advice =
    'Install GnuPG or name it with --gpg-binary; passphrases and --key-file work without it';
  return warning('gpg', message, advice);
}

async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const options = { startError: { code: 'USAGE' }, stderr: 'discard', timeoutSeconds } as const;
    const { exitCode, stdout } = await runProgram(program, args, options);
    return exitCode === 0 ? stdout.toString('utf8').split('\n')[0]?.trim() : undefined;
  } catch {
    return undefined;
  }
}
