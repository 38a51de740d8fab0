/**
 * A child process `rclone rcd` (its remote control) on the loopback interface with a random password, which goes
 * through the environment: other users see neither. It ends when this process does, however that ends.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { startProgram } from '../../base/index.js';
import type { RunningProgram } from '../../base/index.js';
import { StorageError } from '../errors.js';

export interface RcloneServer {
  readonly address: string;
  readonly username: string;
  readonly password: string;
  /** Whether it still runs. */
  readonly alive: boolean;
  stop(): Promise<void>;
}

/** Kills the program when standard input ends, which it does with the parent process. */
const guarded =
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!; (read -r end <&3; kill "$child") & wait "$child"';

const maxLogLines = 20;

export async function startRclone(
  env: Readonly<Record<string, string | undefined>>,
  timeoutSeconds: number,
): Promise<RcloneServer> {
  const username = 'duplifs';
  const password = randomBytes(24).toString('base64url');
  const program = await startProgram(
    '/bin/sh',
    [
      ...['-c', guarded, 'sh'],
      ...['rclone', 'rcd', '--rc-addr', '127.0.0.1:0', '--rc-serve', '--log-level', 'NOTICE'],
      // retries are made by src/storage/wrappers/retry.ts
      ...['--low-level-retries', '1', '--retries', '1'],
    ],
    {
      startError: { code: 'STORAGE' },
      stdout: 'discard',
      environmentOf: 'rclone',
      environment: env,
      env: { RCLONE_RC_USER: username, RCLONE_RC_PASS: password },
    },
  );
  const server = new Server(program, username, password);
  await server.ready(timeoutSeconds);
  return server;
}

class Server implements RcloneServer {
  address = '';
  readonly username: string;
  readonly password: string;
  readonly #program: RunningProgram;
  readonly #said: string[] = [];

  constructor(program: RunningProgram, username: string, password: string) {
    this.#program = program;
    this.username = username;
    this.password = password;
  }

  get alive(): boolean {
    return this.#program.isAlive;
  }

  async stop(): Promise<void> {
    this.#program.stdin.end();
    if (this.alive) await this.#program.ended;
  }

  /** Waits for the line that says where it listens. */
  async ready(timeoutSeconds: number): Promise<void> {
    const { stderr } = this.#program;
    if (stderr === undefined) throw new Error('No stderr');
    const listening = new Promise<boolean>((resolve) => {
      createInterface({ input: stderr })
        .on('line', (line) => {
          this.#said.push(line);
          if (this.#said.length > maxLogLines) this.#said.shift();
          const found = /Serving remote control on (http:\/\/127\.0\.0\.1:[0-9]+\/)/.exec(line);
          if (found?.[1] === undefined) return;
          this.address = found[1];
          resolve(true);
        })
        .on('close', () => {
          resolve(false);
        });
    });
    const timer = setTimeout(() => void this.stop(), timeoutSeconds * 1000);
    const started = await listening;
    clearTimeout(timer);
    if (started) return;
    await this.stop();
    throw this.#failed();
  }

  #failed(): StorageError {
    const said = this.#said.join(' ');
    if (/rclone: (?:command )?not found/.test(said)) {
      return new StorageError('STORAGE', 'The program "rclone" is not installed', {
        hint: 'Install it: https://rclone.org/install',
      });
    }
    const reason = this.#said.findLast((line) => /ERROR|CRITICAL|Failed|Fatal/i.test(line));
    return new StorageError('STORAGE', `rclone did not start: ${reason ?? 'it said nothing'}`, {
      transient: true,
    });
  }
}
