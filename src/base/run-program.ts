/**
 * The one way to run another program (gpg, rsync, mount, ssh and the like), with execa underneath. It is loaded when the
 * first program is run, for that takes as long as all the rest of a start.
 */
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Options } from 'execa';
import { childEnvironment } from './child-environment.js';
import type { ChildProgram } from './child-environment.js';
import type { ErrorCode } from './errors.js';
import { defined } from './defined.js';
import { DuplifsError, errorText } from './errors.js';
import { Head, Tail } from './kept-output.js';

/** A descriptor of the program's from 3 on. */
export type ExtraPipe =
  /** The program reads these bytes, then the end: for what must not be seen in argv or the environment. */
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  /** What the program writes is kept, as its standard output is. */
  | { readonly kind: 'output' }
  /** The program gets this descriptor of ours. */
  | { readonly kind: 'inherit'; readonly fd: number };

export interface ProgramOptions {
  /** The error when the program cannot be started: its code, and what the user can do. */
  readonly startError: { readonly code: ErrorCode; readonly hint?: string };
  /** What it gets of the environment of this process besides the general variables (child-environment.ts). */
  readonly environmentOf?: ChildProgram | undefined;
  /** Variables that go before those of this process when what the program gets is chosen. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Set (or unset, where undefined) besides. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** False: the program sees `env` and nothing else. */
  readonly inheritEnv?: boolean | undefined;
  readonly cwd?: string | undefined;
  /** Its abort ends the program (SIGTERM, and SIGKILL after five seconds). */
  readonly signal?: AbortSignal | undefined;
  readonly stdout?: 'keep' | 'discard' | undefined;
  readonly stderr?: 'keep' | 'discard' | 'inherit' | undefined;
  /** What becomes its descriptors 3, 4 and so on. */
  readonly extraPipes?: readonly ExtraPipe[] | undefined;
}

export interface RunOptions extends ProgramOptions {
  /**
   * Its standard input; when undefined that is empty. A program may end without reading it; a stream is destroyed then.
   */
  readonly input?: Uint8Array | string | Readable | undefined;
  /** More than this on standard output, or on an extra pipe, and the program is ended: 16 MiB unless given. */
  readonly maxOutputBytes?: number | undefined;
  /** How much of the end of standard error is kept, 16 KiB unless given. */
  readonly maxStderrBytes?: number | undefined;
  /** The program is ended after this time. */
  readonly timeoutSeconds?: number | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** The signal that ended it ("SIGTERM"). */
  readonly signal: string | undefined;
}

export interface ProgramResult extends ProgramEnd {
  /** At most `maxOutputBytes` of it. */
  readonly stdout: Buffer;
  /** The last `maxStderrBytes` of it. */
  readonly stderr: string;
  /** What came through `extraPipes`, in their order; empty for those that do not go that way. */
  readonly extra: readonly Buffer[];
  /** It was ended because it wrote more than `maxOutputBytes`. */
  readonly isOverLimit: boolean;
  /** It was ended because `timeoutSeconds` had passed. */
  readonly isTimedOut: boolean;
}

/** A program that runs. */
export interface RunningProgram {
  /** Writing to it never gives an error, also when the program has ended: `ended` tells why. */
  readonly stdin: Writable;
  /**
   * Begin to read it before anything else is awaited: Node.js lets what nobody reads go when the program ends.
   * Undefined when it is discarded.
   */
  readonly stdout: Readable | undefined;
  /** As `stdout`. Undefined when it is discarded or inherited. */
  readonly stderr: Readable | undefined;
  /** As `stdout`, in the order of `extraPipes`; undefined for those that are not of kind `output`. */
  readonly extra: readonly (Readable | undefined)[];
  /** Whether it still runs. */
  readonly isAlive: boolean;
  /**
   * Resolves when the program has ended and all that it wrote was read. Rejects with the signal's reason after an
   * abort. May be left alone.
   */
  readonly ended: Promise<ProgramEnd>;
  /** Ends it (SIGTERM unless told), which may take a while. Does nothing when it has ended. */
  kill(signal?: NodeJS.Signals): void;
}

const defaultMaxOutputBytes = 16 * 1024 * 1024;
const defaultMaxStderrBytes = 16 * 1024;

/**
 * Runs a program to its end, whatever its exit code. Rejects with a DuplifsError of `startError` when it cannot be
 * started (its `cause` is the error of the system), and with the signal's reason after an abort.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  const { input, maxOutputBytes = defaultMaxOutputBytes, timeoutSeconds } = options;
  const { child, outcome } = await begin(command, args, options, {
    stdin: stdinOf(input),
    timeout: timeoutSeconds === undefined ? 0 : timeoutSeconds * 1000,
  });
  if (input instanceof Readable && child.stdin) {
    // what became of it, the end of the program tells
    pipeline(input, child.stdin).catch(() => undefined);
  }
  let isOverLimit = false;
  const collect = (stream: Readable | null | undefined): Head => {
    const head = new Head(maxOutputBytes);
    stream?.on('data', (piece: Buffer) => {
      if (head.add(piece) || isOverLimit) return;
      isOverLimit = true;
      child.kill();
    });
    return head;
  };
  const stdout = collect(child.stdout);
  const extra = extraOutputs(child, options).map(collect);
  const stderr = new Tail(options.maxStderrBytes ?? defaultMaxStderrBytes);
  child.stderr?.on('data', (piece: Buffer) => {
    stderr.add(piece);
  });
  const result = await outcome;
  return {
    ...endOf(command, options, result),
    stdout: stdout.bytes(),
    stderr: stderr.text(),
    extra: extra.map((head) => head.bytes()),
    isOverLimit,
    isTimedOut: result.timedOut,
  };
}

/**
 * Starts a program whose input and output are streams, for what runs long or brings much. Rejects as `runProgram`
 * does when it cannot be started. Whoever starts it reads all that it keeps of its output, or kills it.
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<RunningProgram> {
  const { child, outcome } = await begin(command, args, options, { stdin: 'pipe', timeout: 0 });
  const ended = outcome.then((result) => endOf(command, options, result));
  ended.catch(() => undefined);
  if (child.pid === undefined) await ended;
  const { stdin } = child;
  if (stdin === null) throw new Error('No stdin');
  stdin.on('error', () => undefined);
  return {
    stdin,
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    extra: extraOutputs(child, options),
    get isAlive() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
  };
}

async function begin(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
  { stdin, timeout }: { readonly stdin: 'ignore' | 'pipe' | Uint8Array; readonly timeout: number },
): Promise<{ readonly child: ChildProcess; readonly outcome: Promise<ExecaResult> }> {
  const { env, cwd, signal, inheritEnv = true, extraPipes = [] } = options;
  const inherited = inheritEnv
    ? childEnvironment(options.environmentOf, { ...process.env, ...options.environment })
    : {};
  signal?.throwIfAborted();
  const { execa } = await import('execa');
  const settings = defined({
    timeout,
    cwd,
    cancelSignal: signal,
    env: { ...inherited, ...env } as Record<string, string>,
    extendEnv: false,
    stdio: [
      stdin,
      options.stdout === 'discard' ? 'ignore' : 'pipe',
      options.stderr === 'discard' ? 'ignore' : options.stderr === 'inherit' ? 'inherit' : 'pipe',
      ...extraPipes.map(descriptor),
    ],
    ...always,
  });
  const child = execa(command, [...args], settings as unknown as Options);
  // not the child itself, which is a promise: the caller would be given what it resolves to
  return {
    child: child as unknown as ChildProcess,
    outcome: child as unknown as Promise<ExecaResult>,
  };
}

/** Programs end by themselves when their pipes break; execa's handlers of signals would get in the way of ours. */
const always = {
  reject: false,
  buffer: false,
  encoding: 'buffer',
  stripFinalNewline: false,
  cleanup: false,
} as const;

/** What is used of execa's result; its own type depends on the options. */
interface ExecaResult {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly isCanceled: boolean;
  readonly timedOut: boolean;
  readonly cause?: unknown;
  readonly originalMessage?: string;
}

function descriptor(pipe: ExtraPipe): 'pipe' | Uint8Array | number {
  if (pipe.kind === 'output') return 'pipe';
  return pipe.kind === 'input' ? pipe.bytes : pipe.fd;
}

function stdinOf(input: RunOptions['input']): 'ignore' | 'pipe' | Uint8Array {
  if (input === undefined) return 'ignore';
  if (input instanceof Readable) return 'pipe';
  return typeof input === 'string' ? Buffer.from(input) : input;
}

/** Throws when the program did not start, or was aborted. */
function endOf(
  command: string,
  { signal, startError }: ProgramOptions,
  result: ExecaResult,
): ProgramEnd {
  if (result.isCanceled) signal?.throwIfAborted();
  if (result.exitCode === undefined && result.signal === undefined) {
    const reason = errorText(result.cause ?? result.originalMessage);
    throw new DuplifsError(startError.code, `Cannot run "${command}": ${reason}`, {
      hint: startError.hint,
      cause: result.cause,
    });
  }
  return { exitCode: result.exitCode, signal: result.signal };
}

/** The streams of the extra pipes that the program writes to, in the places of `extraPipes`. */
function extraOutputs(
  child: ChildProcess,
  { extraPipes = [] }: ProgramOptions,
): (Readable | undefined)[] {
  const stdio = child.stdio as readonly (Readable | null | undefined)[];
  return extraPipes.map(({ kind }, index) =>
    kind === 'output' ? (stdio[index + 3] ?? undefined) : undefined,
  );
}
