/** One SSH connection with an SFTP session, whose host key was checked. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Duplex } from 'node:stream';
import type { Algorithms, AuthMethod, Client, ConnectConfig, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import { defined, errorText, startProgram } from '../../base/index.js';
import { StorageError } from '../errors.js';
import type { HostKey } from './known-hosts.js';
import { fingerprint, hostKeyAlgorithms, hostKeys, hostLine, judgeHost } from './known-hosts.js';
import { markLost } from './sftp-promises.js';
import { sshLogin } from './ssh-auth.js';
import type { SshSettings } from './ssh-settings.js';

export interface SshConnection {
  readonly sftp: SFTPWrapper;
  /** Whether it can still be used. */
  readonly alive: boolean;
  close(): Promise<void>;
}

/** How long the server may take to end the connection. */
const closeMilliseconds = 2000;

/**
 * Connects and logs in. Errors: STORAGE_DENIED for a host key that is not the known one and for a login
 * that is refused; STORAGE, transient, when the host cannot be reached.
 */
export async function connectSsh(
  settings: SshSettings,
  password: string | undefined,
  timeoutSeconds: number,
): Promise<SshConnection> {
  const named = await knownKeys(settings, settings.knownAs);
  const unported = await knownKeys(settings, settings.elseKnownAs);
  const login = await sshLogin(settings, password);
  let refusal: StorageError | undefined;
  let learnt: Buffer | undefined;
  const verify = (blob: Buffer): boolean => {
    const verdict = judgeHost(named, unported, blob);
    if (verdict === 'unknown' && !settings.strict) learnt = blob;
    else if (verdict !== 'known') refusal = hostKeyError(settings, verdict, blob);
    return refusal === undefined;
  };
  const algorithms = hostKeyAlgorithms(named.length > 0 ? named : unported);
  // a socket of our own: ssh2 does not let go of one that it has ended and the server has not
  const { host, port, proxyCommand } = settings;
  const socket = proxyCommand === undefined ? connect({ host, port }) : await proxy(proxyCommand);
  const config: ConnectConfig = defined({
    host,
    port,
    username: settings.user,
    hostVerifier: verify,
    readyTimeout: timeoutSeconds * 1000,
    keepaliveInterval: Math.max(1, timeoutSeconds / 3) * 1000,
    keepaliveCountMax: 3,
    authHandler: [...login.methods] as AuthMethod[],
    algorithms: algorithms.length === 0 ? undefined : ({ serverHostKey: algorithms } as Algorithms),
    sock: socket,
  });
  const client = new ssh2.Client();
  try {
    await ready(client, config);
    const connection = new Connection(client, socket, await session(client));
    if (learnt !== undefined) await note(settings, learnt);
    return connection;
  } catch (error) {
    socket.destroy();
    throw refusal ?? explained(error, settings, login.locked);
  }
}

class Connection implements SshConnection {
  readonly sftp: SFTPWrapper;
  alive = true;
  readonly #client: Client;
  readonly #socket: Duplex;
  readonly #closed: Promise<void>;

  constructor(client: Client, socket: Duplex, sftp: SFTPWrapper) {
    this.#client = client;
    this.#socket = socket;
    this.sftp = sftp;
    this.#closed = new Promise((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', resolve);
    });
    const lost = (): void => {
      if (!this.alive) return;
      this.alive = false;
      socket.destroy(); // ends the session, whose open requests then fail
      markLost(sftp);
    };
    client.on('error', lost).on('end', lost).on('close', lost);
    sftp.on('error', lost).on('end', lost).on('close', lost);
  }

  async close(): Promise<void> {
    this.alive = false;
    markLost(this.sftp);
    this.#client.end();
    // a server that hangs would keep the connection, and with it this process
    const timer = setTimeout(() => this.#socket.destroy(), closeMilliseconds);
    await this.#closed;
    clearTimeout(timer);
  }
}

function ready(client: Client, config: ConnectConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', reject);
    client.once('close', () => {
      reject(new StorageError('STORAGE', 'The connection was closed', { transient: true }));
    });
    client.connect(config);
    // ssh2 leaves Nagle's algorithm on, which with the peer's delayed ACKs costs 40 ms a request
    client.setNoDelay(true);
  });
}

function session(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => {
      if (error) reject(error);
      else resolve(sftp);
    });
  });
}

/** The program's input and output as a socket. */
async function proxy(command: string): Promise<Duplex> {
  const program = await startProgram('/bin/sh', ['-c', `exec ${command}`], {
    startError: { code: 'STORAGE' },
    environmentOf: 'ssh',
    stderr: 'inherit',
  });
  const socket = Duplex.from({ readable: program.stdout, writable: program.stdin });
  socket.on('close', () => {
    program.kill();
  });
  return socket;
}

async function knownKeys(settings: SshSettings, name: string | undefined): Promise<HostKey[]> {
  const keys: HostKey[] = [];
  if (name === undefined) return keys;
  for (const file of settings.knownHostsFiles) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const key of hostKeys(text, name)) keys.push(key);
  }
  return keys;
}

async function note(settings: SshSettings, blob: Buffer): Promise<void> {
  const [file] = settings.knownHostsFiles;
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, hostLine(settings.knownAs, blob), { mode: 0o600 });
}

function hostKeyError(
  settings: SshSettings,
  verdict: 'unknown' | 'changed' | 'revoked' | 'known',
  blob: Buffer,
): StorageError {
  const { asked, knownAs, port, user } = settings;
  const file = settings.knownHostsFiles[0] ?? 'known_hosts';
  const key = `The key of "${knownAs}" (${fingerprint(blob)})`;
  if (verdict === 'unknown') {
    return new StorageError('STORAGE_DENIED', `${key} is not in "${file}"`, {
      hint: `Compare it with the server's, and connect once with "ssh -p ${port} ${user}@${asked}"`,
    });
  }
  const what = verdict === 'revoked' ? 'is revoked' : 'is not the one that is known';
  return new StorageError('STORAGE_DENIED', `${key} ${what} in "${file}"`, {
    hint: 'Somebody may be between you and the server; ask whoever runs it before you change the file',
  });
}

function explained(error: unknown, settings: SshSettings, locked: readonly string[]): StorageError {
  if (error instanceof StorageError) return error;
  const where = `"${settings.user}@${settings.host}:${settings.port}"`;
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  if (level === 'client-authentication') {
    const [key] = locked;
    return new StorageError('STORAGE_DENIED', `The login as ${where} was refused`, {
      hint:
        key === undefined
          ? 'Put a key into ~/.ssh or an agent, or a password into FTP_PASSWORD'
          : `"${key}" needs its passphrase: use an agent, FTP_PASSWORD or --ssh-askpass`,
    });
  }
  return new StorageError('STORAGE', `Cannot connect to ${where}: ${errorText(error)}`, {
    transient: true,
  });
}
