import { spawn } from 'node:child_process';
import { childEnvironment, errorText } from '../base/index.js';

export interface RunResult {
  /** `undefined`: the program could not be started, or a signal ended it. */
  readonly status: number | undefined;
  /** What it said on stderr, or why it could not be started. */
  readonly message: string;
}

const messageCharacters = 4096;

/**
 * Runs a small system tool (mount, umount, fusermount3) and waits for its end without holding the event
 * loop: the tool may look at the mountpoint, and then it waits for us. Never rejects.
 *
 * Not by base's runProgram, for loading execa is 23 ms of the 280 until a mount answers (docs/performance.md).
 *
 * @param inheritFd a descriptor that the tool gets as its descriptor 3
 */
export function run(
  command: string,
  parameters: readonly string[],
  { inheritFd, env = {} }: { inheritFd?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      stdio: ['ignore', 'ignore', 'pipe', ...(inheritFd === undefined ? [] : [inheritFd])],
      env: { ...childEnvironment(), PATH: searchPath(), LC_ALL: 'C', ...env },
    });
    let message = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (message.length < messageCharacters) message += text;
    });
    child.once('error', (error) => {
      resolve({ status: undefined, message: errorText(error) });
    });
    child.once('close', (status) => {
      resolve({ status: status ?? undefined, message: message.trim() });
    });
  });
}

/** mount and fusermount3 lie in sbin for some users and systems. */
export function searchPath(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
}
