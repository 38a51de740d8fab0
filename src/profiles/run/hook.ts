/** The commands that a profile runs before and after a backup. */
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { childEnvironment, startProgram } from '../../base/index.js';
import { parseInterval } from '../../time/index.js';
import type { RunSettings } from '../schema.js';
import type { LogLine } from '../logs/run-log.js';

type Hook = NonNullable<RunSettings['before']>;

const defaultTimeoutSeconds = 3600;

export interface HookOptions {
  readonly step: string;
  readonly settings: RunSettings;
  /** Told to it as DUPLIFS_… */
  readonly variables: Readonly<Record<string, string>>;
  /** What it finds on standard input. */
  readonly input: string;
  readonly onLine: (line: LogLine) => void;
  readonly signal: AbortSignal;
}

/** Each as the words of a program: a text is a line of shell. */
export function hookCommands(hook: Hook): readonly (readonly string[])[] {
  const list = typeof hook === 'string' ? [hook] : hook;
  return list.map((one) => (typeof one === 'string' ? ['sh', '-c', one] : one));
}

/** Runs the commands of a hook, one after the other; the exit code of the first that fails, or 0. */
export async function runHook(hook: Hook, options: HookOptions): Promise<number> {
  for (const words of hookCommands(hook)) {
    const exitCode = await runOne(words, options);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

async function runOne(
  [program = '', ...args]: readonly string[],
  { step, settings, variables, input, onLine, signal }: HookOptions,
): Promise<number> {
  const given = (settings['hook-environment'] ?? []).map(
    (name) => [name, process.env[name]] as const,
  );
  const env: Record<string, string | undefined> = {
    ...childEnvironment(),
    ...Object.fromEntries(given),
    ...variables,
  };
  const child = await startProgram(program, args, {
    startError: { code: 'TARGET', hint: `Mend the hook "${step}" of the profile` },
    inheritEnv: false,
    env,
  });
  const reading = [
    tell(child.stdout, step, 'out', onLine),
    tell(child.stderr, step, 'err', onLine),
  ];
  child.stdin.end(input);
  const seconds =
    settings['hook-timeout'] === undefined
      ? defaultTimeoutSeconds
      : parseInterval(settings['hook-timeout']);
  const stop = (): void => {
    child.kill();
  };
  const timer = setTimeout(() => {
    onLine({ step, stream: 'err', text: `It has not ended within ${seconds} seconds` });
    stop();
  }, seconds * 1000);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { exitCode } = await child.ended;
    await Promise.all(reading);
    return exitCode ?? 1;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Tells a program's output line by line. */
export async function tell(
  stream: Readable | undefined,
  step: string,
  kind: LogLine['stream'],
  onLine: (line: LogLine) => void,
): Promise<void> {
  if (stream === undefined) return;
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
    onLine({ step, stream: kind, text });
  }
}
