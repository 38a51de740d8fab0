/**
 * The gpg program: it opens session keys and gives public keys, and never touches bulk data
 * (docs/design.md, "The private key stays where it is").
 */
import { PassThrough } from 'node:stream';
import PQueue from 'p-queue';

import type { ProgramResult } from '../../base/index.js';
import { runProgram } from '../../base/index.js';
import { untilWritable } from '../packets/until-writable.js';

export interface GpgProgram {
  /** "gpg", or the path of another program. */
  readonly binary: string;
  /** The words of --gpg-options. */
  readonly options: readonly string[];
  /** GNUPGHOME, when it is not that of the environment. */
  readonly home?: string;
  /** Passphrases come from the agent (and its pinentry) instead of from us. */
  readonly useAgent: boolean;
}

export interface GpgRun {
  readonly args: readonly string[];
  /** Handed over on a descriptor of its own; undefined when the agent is to ask. */
  readonly passphrase?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Standard output is thrown away. */
  readonly discardOutput?: boolean;
}

export interface GpgOutcome {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly output: Buffer;
  /** The status lines without "[GNUPG:] ". */
  readonly status: readonly string[];
  /** The last lines that gpg wrote for people. */
  readonly log: string;
}

const maxOutputBytes = 16 * 1024 * 1024;
const maxLogBytes = 8 * 1024;
const passphraseFd = 3;
const statusFd = 4;
/** gpg starts slowly and its agent works on one request at a time; more at once would gain nothing. */
const queue = new PQueue({ concurrency: 2 });

/**
 * Runs gpg on `input` to its end, whatever its exit code. A DuplifsError (KEY) when it cannot be started.
 */
export function runGpg(
  gpg: GpgProgram,
  run: GpgRun,
  input: Uint8Array = Buffer.alloc(0),
): Promise<GpgOutcome> {
  return queue.add(
    async () => outcomeOf(await runGpgProgram(gpg, run, input)),
    run.signal ? { signal: run.signal } : {},
  );
}

/** The options in the order in which duplicity gives them (docs/format/1-bytes.md 7.2). */
export function gpgArguments(gpg: GpgProgram, run: GpgRun): string[] {
  const loopback = run.passphrase !== undefined;
  return [
    ...(loopback ? ['--passphrase-fd', String(passphraseFd)] : []),
    ...['--status-fd', String(statusFd), '--batch', '--no-tty', '--no-secmem-warning'],
    ...(loopback ? ['--pinentry-mode=loopback'] : []),
    ...gpg.options,
    ...run.args,
  ];
}

/** A gpg that runs; either `end` or `abort` must be called. */
export interface GpgProcess {
  /**
   * Takes a piece, which is the caller's again at once. Resolves when more input may come, also when gpg has ended:
   * `end` tells why.
   */
  write(input: Uint8Array): Promise<void>;
  /** Ends the input and waits for gpg. */
  end(): Promise<GpgOutcome>;
  abort(): void;
}

/** Starts gpg at once, without waiting for others. */
export function startGpg(gpg: GpgProgram, run: GpgRun): GpgProcess {
  const input = new PassThrough();
  // destroyed when gpg has ended before it has read everything: its exit code tells why
  input.on('error', () => undefined);
  const stop = new AbortController();
  const signal = run.signal ? AbortSignal.any([run.signal, stop.signal]) : stop.signal;
  const result = runGpgProgram(gpg, { ...run, signal }, input);
  // Whoever calls `end` learns of it there.
  result
    .catch(() => undefined)
    .finally(() => {
      input.destroy();
    });
  return {
    write: async (piece) => {
      // a copy: the caller may use the piece again before gpg has read it
      if (!input.destroyed && !input.write(Buffer.from(piece))) await untilWritable(input);
    },
    end: async () => {
      input.end();
      return outcomeOf(await result);
    },
    abort: () => {
      stop.abort();
    },
  };
}

function runGpgProgram(
  gpg: GpgProgram,
  run: GpgRun,
  input: Uint8Array | PassThrough,
): Promise<ProgramResult> {
  return runProgram(gpg.binary, gpgArguments(gpg, run), {
    startError: {
      code: 'KEY',
      hint: 'Install GnuPG, name it with --gpg-binary, or give the keys with --key-file',
    },
    input,
    environmentOf: 'gpg',
    env: gpg.home === undefined ? undefined : { GNUPGHOME: gpg.home },
    signal: run.signal,
    stdout: run.discardOutput ? 'discard' : 'keep',
    extraPipes: [{ kind: 'input', bytes: run.passphrase ?? Buffer.alloc(0) }, { kind: 'output' }],
    maxOutputBytes,
    maxStderrBytes: maxLogBytes,
  });
}

function outcomeOf({ exitCode, stdout, stderr, extra }: ProgramResult): GpgOutcome {
  const prefix = '[GNUPG:] ';
  const lines = extra[statusFd - passphraseFd]?.toString('utf8').split('\n') ?? [];
  const status = lines.flatMap((line) =>
    line.startsWith(prefix) ? [line.slice(prefix.length)] : [],
  );
  return { exitCode, output: stdout, status, log: stderr.trim() };
}
