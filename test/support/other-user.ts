/** Programs as somebody who is not root. */
import { run } from './run.js';
import type { Finished, RunOptions } from './run.js';

/** Debian's "nobody". */
export const nobody = 65_534;

/** Put before a command, it is run as nobody. */
export const throughNobody = [
  'setpriv',
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  '--clear-groups',
] as const;

/** Runs a program as nobody. */
export async function runAsNobody(
  command: readonly string[],
  options?: RunOptions,
): Promise<Finished> {
  const [program, ...words] = throughNobody;
  return run(program, [...words, ...command], options);
}
