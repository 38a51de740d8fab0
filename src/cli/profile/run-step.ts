/** A step of a run: a command of duplifs as a process of its own, told by its lines and its exit code. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { exitCodes, startProgram } from '../../base/index.js';
import type { RunningProgram } from '../../base/index.js';
import type { LogLine, Step, StepResult } from '../../profiles/index.js';
import { handOver } from '../hand-over.js';

export interface StepOptions {
  readonly profile: string;
  /** Given to the process on its standard input. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Options for each command. */
  readonly more: readonly string[];
  readonly signal: AbortSignal;
}

export async function runStep(
  step: Step,
  { profile, secrets, more, signal }: StepOptions,
  onLine: (line: LogLine) => void,
): Promise<StepResult> {
  const { command, before, after } = step;
  const [, script = ''] = process.argv;
  const args = [command, ...before, profile, ...after, ...more];
  const { input, env } = handOver(args, Object.fromEntries(secrets));
  const child = await startProgram(process.execPath, [script, command, profile], {
    startError: { code: 'INTERNAL' },
    inheritEnv: false,
    env: { ...process.env, ...env },
  });
  const lines = collectLines(child, command, onLine);
  child.stdin.end(input);
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { exitCode, signal: ended } = await child.ended;
    const { json, message } = await lines;
    if (exitCode !== undefined) return { exitCode, json, message };
    const killed = `It was ended by ${ended ?? 'a signal'}`;
    onLine({ step: command, stream: 'err', text: killed });
    return { exitCode: exitCodes.INTERRUPTED, json, message: killed };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function collectLines(
  child: RunningProgram,
  step: string,
  onLine: (line: LogLine) => void,
): Promise<Pick<StepResult, 'json' | 'message'>> {
  let json: unknown;
  let message: string | undefined;
  const out = eachLine(child.stdout, (text) => {
    const parsed = text.startsWith('{') ? parsedJson(text) : undefined;
    if (parsed === undefined) onLine({ step, stream: 'out', text });
    else json = parsed;
  });
  const err = eachLine(child.stderr, (text) => {
    const said = /^(?:duplifs|Warning): (.*)/.exec(text)?.[1];
    if (said !== undefined) message = said;
    onLine({ step, stream: 'err', text });
  });
  await Promise.all([out, err]);
  return { json, message };
}

async function eachLine(stream: Readable | undefined, take: (text: string) => void): Promise<void> {
  if (stream === undefined) return;
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) take(text);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
