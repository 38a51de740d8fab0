/**
 * The helper behind `mount -t duplifs`, /etc/fstab and systemd (docs/fstab-systemd.md). It translates its
 * parameters and runs `duplifs mount --daemon`, which returns once the mount answers. A program of its own in
 * scripts/bundle.js: it starts at once, without what commands need.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { decodeName, DuplifsError, encodeName, errorText, exitCodes } from '../base/index.js';
import { parseEnvironmentFile, parseHelperCall } from './fstab.js';
import type { HelperCall } from './fstab.js';
import { handOver } from './hand-over.js';

/**
 * Runs the helper with the arguments of this process and sets its exit code.
 *
 * @param duplifs the path of the script that starts duplifs
 */
export function mountHelper(duplifs: string): void {
  try {
    const call = parseHelperCall(process.argv.slice(2));
    if (call.kind === 'mount') process.exitCode = run(duplifs, call);
  } catch (error) {
    process.stderr.write(`mount.duplifs: ${errorText(error)}\n`);
    const known = error instanceof DuplifsError ? error : undefined;
    if (known?.hint !== undefined) process.stderr.write(`${known.hint}\n`);
    process.exitCode = known?.exitCode ?? exitCodes.USAGE;
  }
}

function run(
  duplifs: string,
  { argv, environmentFile }: Extract<HelperCall, { readonly kind: 'mount' }>,
): number {
  const variables = environmentFile === undefined ? {} : readVariables(environmentFile);
  const secrets = Object.fromEntries(
    ['PASSPHRASE', 'SIGN_PASSPHRASE'].map((name) => [name, secretOf(name, variables)]),
  );
  const { input, env } = handOver(argv, secrets);
  const mountpoint = argv.at(-1) ?? '';
  const { status, error } = spawnSync(process.execPath, [duplifs, 'mount', mountpoint], {
    input,
    stdio: ['pipe', 'inherit', 'inherit', ...handedOver(mountpoint)],
    env: { ...process.env, ...variables, ...env },
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** mount.fuse3 gives an open device as "/dev/fd/N"; a child gets it only where it is named. */
function handedOver(mountpoint: string): ('ignore' | number)[] {
  const descriptor = Number(/^\/dev\/fd\/(\d+)$/.exec(mountpoint)?.[1] ?? 0);
  if (descriptor < 3) return [];
  return [...Array<'ignore'>(descriptor - 3).fill('ignore'), descriptor];
}

/** A variable of the file, byte for byte; one of our own environment is left to the program. */
function secretOf(name: string, variables: Readonly<Record<string, string>>): Buffer | undefined {
  const text = variables[name];
  return text === undefined ? undefined : encodeName(text);
}

function readVariables(file: string): Readonly<Record<string, string>> {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Error(`"${file}" can be read by others: make it safe with "chmod 600 ${file}"`);
  }
  return parseEnvironmentFile(decodeName(readFileSync(file)));
}
