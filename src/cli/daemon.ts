/**
 * `mount --daemon`: a second process serves the mount; this one stays until that answers. Questions (a
 * passphrase) are asked here, on the terminal, and answered over the channel between the two; the arguments, which may
 * hold a password, and the passphrases of the environment are handed over, so that no secret is ever in its arguments,
 * its environment or a file.
 */
import { fork } from 'node:child_process';
import { fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuplifsError } from '../base/index.js';
import { inheritedDescriptor } from '../mount/index.js';
import { archiveFolderOf } from './common-options.js';
import type { MountCommandOptions } from './mount-options.js';
import { publicUrl } from '../storage/index.js';
import { commandLine } from './arguments.js';
import { handOver } from './hand-over.js';
import { askSecret } from './prompt.js';
import { environmentSecret } from './secrets.js';
import { runCommand } from './run-command.js';
import { runMount } from './run-mount.js';

/** Tells the second process what it is. */
const servingVariable = 'DUPLIFS_DAEMON';

type FromServer = { readonly kind: 'ask'; readonly question: string } | { readonly kind: 'ready' };
/** The answer in base64. */
type ToServer = { readonly answer: string | undefined };

export async function runDaemon(
  url: string,
  mountpoint: string,
  options: MountCommandOptions,
): Promise<void> {
  if (process.env[servingVariable] !== undefined && process.send !== undefined) {
    await serve(url, mountpoint, options);
    return;
  }
  await runCommand(options.verbosity, async ({ log }) => {
    const folder = archiveFolderOf(url, options);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const logPath = join(folder, 'duplifs-mount.log');
    const logFile = openSync(logPath, 'a', 0o600);
    const before = fstatSync(logFile).size;
    const [, script] = process.argv;
    const passphrases = {
      PASSPHRASE: environmentSecret('PASSPHRASE'),
      SIGN_PASSPHRASE: environmentSecret('SIGN_PASSPHRASE'),
    };
    const { input, env } = handOver(commandLine(), passphrases);
    const server = fork(script ?? '', ['mount', '--daemon', publicUrl(url), mountpoint], {
      detached: true,
      env: { ...process.env, ...env, [servingVariable]: '1' },
      stdio: ['pipe', logFile, logFile, ...handedOver(mountpoint), 'ipc'],
    });
    server.stdin?.on('error', () => undefined).end(input);
    return new Promise<number>((resolve, reject) => {
      server.on('message', (message: FromServer) => {
        if (message.kind === 'ready') {
          log.notice(`Mounted at ${mountpoint}; the log is ${logPath}`);
          server.disconnect();
          server.unref();
          resolve(0);
          return;
        }
        askSecret(message.question)
          .then((answer) => server.send({ answer: answer?.toString('base64') } satisfies ToServer))
          .catch(reject);
      });
      server.on('error', reject);
      server.on('exit', (code) => {
        process.stderr.write(readFileSync(logPath).subarray(before));
        log.error(`duplifs: The mount failed; the log is ${logPath}`);
        resolve(code ?? 1);
      });
    });
  });
}

/** The second process. */
async function serve(url: string, mountpoint: string, options: MountCommandOptions): Promise<void> {
  const parent = process.send?.bind(process);
  if (parent === undefined)
    throw new DuplifsError('USAGE', 'A daemon has to be started by duplifs');
  let isReady = false;
  await runMount(url, mountpoint, options, {
    ask: async (question) => {
      if (isReady || !process.connected) return undefined;
      return new Promise((resolve) => {
        process.once('message', ({ answer }: ToServer) => {
          resolve(answer === undefined ? undefined : Buffer.from(answer, 'base64'));
        });
        parent({ kind: 'ask', question } satisfies FromServer);
      });
    },
    onReady: () => {
      isReady = true;
      parent({ kind: 'ready' } satisfies FromServer);
    },
  });
}

/** The descriptors from 3 on that the second process gets: a device that is open here, under its number. */
function handedOver(mountpoint: string): ('ignore' | number)[] {
  const descriptor = inheritedDescriptor(mountpoint);
  if (descriptor === undefined || descriptor < 3) return [];
  return [...Array<'ignore'>(descriptor - 3).fill('ignore'), descriptor];
}
