/**
 * The gpg program: it opens session keys and gives public keys, and never touches bulk data
 * (docs/design.md, "The private key stays where it is").
 */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import PQueue from 'p-queue';

import { DuplifsError, errorText } from '../../base/index.js';
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
  readonly passphrase?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Standard output is thrown away. */
  readonly discardOutput?: boolean;
}

export interface GpgOutcome {
  readonly exitCode: number | null;
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
  const whole = async () => {
    const process = startGpg(gpg, run);
    await process.write(input);
    return process.end();
  };
  return queue.add(whole, run.signal ? { signal: run.signal } : {});
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
  /** Resolves when more input may come, also when gpg has ended: `end` tells why. */
  write(input: Uint8Array): Promise<void>;
  /** Ends the input and waits for gpg. */
  end(): Promise<GpgOutcome>;
  abort(): void;
}

/** Starts gpg at once, without waiting for others. */
export function startGpg(gpg: GpgProgram, run: GpgRun): GpgProcess {
  const child = spawn(gpg.binary, gpgArguments(gpg, run), {
    stdio: ['pipe', run.discardOutput ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
    env: gpg.home === undefined ? process.env : { ...process.env, GNUPGHOME: gpg.home },
    signal: run.signal ? run.signal : undefined,
  });
  const [stdin, stdout, stderr, secret, status] = child.stdio as unknown as [
    Writable,
    Readable | null,
    Readable,
    Writable,
    Readable,
  ];
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // gpg may end before it has read everything: its exit code tells, not the broken pipe.
  for (const pipe of [stdin, secret]) pipe.on('error', () => undefined);
  secret.end(run.passphrase ?? '');
  const outcome = Promise.all([
    exit,
    stdout ? collect(stdout, maxOutputBytes) : Buffer.alloc(0),
    collect(status, maxOutputBytes),
    collect(stderr, maxLogBytes),
  ]);
  // Whoever calls `end` learns of it there.
  outcome.catch(() => undefined);
  return {
    write: async (input) => {
      if (!stdin.destroyed && !stdin.write(input)) await untilWritable(stdin);
    },
    end: async () => {
      stdin.end();
      return result(gpg, run, outcome);
    },
    abort: () => {
      child.kill();
    },
  };
}

async function result(
  gpg: GpgProgram,
  run: GpgRun,
  outcome: Promise<readonly [number | null, Buffer, Buffer, Buffer]>,
): Promise<GpgOutcome> {
  try {
    const [exitCode, output, statusText, log] = await outcome;
    const prefix = '[GNUPG:] ';
    const lines = statusText.toString('utf8').split('\n');
    const status = lines.flatMap((line) =>
      line.startsWith(prefix) ? [line.slice(prefix.length)] : [],
    );
    return { exitCode, output, status, log: log.toString('utf8').trim() };
  } catch (error) {
    run.signal?.throwIfAborted();
    throw new DuplifsError('KEY', `Cannot run "${gpg.binary}": ${errorText(error)}`, {
      hint: 'Install GnuPG, name it with --gpg-binary, or give the keys with --key-file',
      cause: error,
    });
  }
}

/** All that a stream brings, the first `maxBytes` of it kept. */
async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const piece = (chunk as Buffer).subarray(0, maxBytes - length);
    parts.push(piece);
    length += piece.length;
  }
  return Buffer.concat(parts);
}
