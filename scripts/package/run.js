import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Runs a program to its end and returns its standard output as text.
 *
 * @param {string} command a program
 * @param {readonly string[]} args its arguments
 * @param {import('node:child_process').SpawnSyncOptions} options `cwd`, `env`, `input`
 * @returns {string}
 * @throws {Error} with the end of what it printed, if it cannot be started or fails
 */
export function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    ...options,
  });
  if (error !== undefined) throw new Error(`"${command}" cannot be started`, { cause: error });
  if (status !== 0) {
    const printed = `${stdout}${stderr}`.split('\n').slice(-40).join('\n');
    throw new Error(`This failed (${status}): ${[command, ...args].join(' ')}\n${printed}`);
  }
  return stdout;
}

/**
 * Runs a program of a machine: one of arm64 elsewhere by qemu, where Debian's qemu-user-static, libc6-arm64-cross and
 * libstdc++6-arm64-cross are installed.
 *
 * @param {string} machine as Node.js names it
 * @returns {string | undefined} its standard output; undefined where it cannot be run here
 * @throws {Error} if it fails
 */
export function runOn(machine, program, args) {
  if (machine === process.arch) return run(program, args);
  const qemu = 'qemu-aarch64-static';
  const libraries = '/usr/aarch64-linux-gnu';
  if (machine !== 'arm64' || !existsSync(`${libraries}/lib/ld-linux-aarch64.so.1`))
    return undefined;
  if (spawnSync(qemu, ['--version']).error !== undefined) return undefined;
  return run(qemu, ['-L', libraries, program, ...args]);
}

/** What runs npm: by Node.js, the file that the `npm` which called us is, or that of the PATH. */
export function npmCommand() {
  const called = process.env.npm_execpath;
  if (called?.endsWith('npm-cli.js')) return called;
  return run('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim();
}
