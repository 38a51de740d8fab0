/**
 * What a process of duplifs hands to the next one that it starts: the real arguments, and secrets. They go through
 * standard input, for arguments can be seen by all users and the environment stays to be read in /proc.
 */
import { readFileSync } from 'node:fs';

interface HandedOver {
  readonly args: readonly string[];
  /** Variables whose values are secret, in base64. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Tells the process that there is something on its standard input. */
const variable = 'DUPLIFS_HANDED_OVER';

/** What a process is started with so that it takes over `args`, which its own arguments do not show, and `secrets`. */
export function handOver(
  args: readonly string[],
  secrets: Readonly<Record<string, Uint8Array | undefined>>,
): { readonly input: string; readonly env: Readonly<Record<string, string | undefined>> } {
  const given = Object.entries(secrets).flatMap(([name, bytes]) =>
    bytes === undefined ? [] : [[name, Buffer.from(bytes).toString('base64')] as const],
  );
  const handed: HandedOver = { args, secrets: Object.fromEntries(given) };
  const hidden = Object.fromEntries(given.map(([name]) => [name, undefined]));
  return { input: JSON.stringify(handed), env: { ...hidden, [variable]: '1' } };
}

let taken: HandedOver | undefined;

/** The arguments that the process was handed; undefined when its own count. */
export function handedOverArguments(): readonly string[] | undefined {
  return handedOver()?.args;
}

/** The value of a variable that the process was handed. */
export function handedOverSecret(name: string): Buffer | undefined {
  const text = handedOver()?.secrets[name];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

function handedOver(): HandedOver | undefined {
  if (process.env[variable] === undefined) return taken;
  Reflect.deleteProperty(process.env, variable);
  taken = JSON.parse(readFileSync(0, 'utf8')) as HandedOver;
  return taken;
}
