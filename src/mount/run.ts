import { errorText, runProgram } from '../base/index.js';

export interface RunResult {
  /** `undefined`: the program could not be started, or a signal ended it. */
  readonly status: number | undefined;
  /** The end of what it said on stderr, or why it could not be started. */
  readonly message: string;
}

const maxMessageBytes = 4096;

/**
 * Runs a small system tool (mount, umount, fusermount3) and waits for its end without holding the event
 * loop: the tool may look at the mountpoint, and then it waits for us. Never rejects.
 *
 * @param inheritFd a descriptor that the tool gets as its descriptor 3
 */
export async function run(
  command: string,
  parameters: readonly string[],
  { inheritFd, env = {} }: { inheritFd?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<RunResult> {
  try {
    const { exitCode, stderr } = await runProgram(command, parameters, {
      startError: { code: 'FUSE' },
      env: { PATH: searchPath(), LC_ALL: 'C', ...env },
      stdout: 'discard',
      extraPipes: inheritFd === undefined ? [] : [{ kind: 'inherit', fd: inheritFd }],
      maxStderrBytes: maxMessageBytes,
    });
    return { status: exitCode, message: stderr.trim() };
  } catch (error) {
    // why it could not be started, without what is said around it
    const reason = error instanceof Error ? (error.cause ?? error) : error;
    return { status: undefined, message: errorText(reason) };
  }
}

/** mount and fusermount3 lie in sbin for some users and systems. */
export function searchPath(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
}
