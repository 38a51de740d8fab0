/**
 * Logged-in FTP connections. Each carries one transfer at a time, so there are as many as transfers run;
 * some are kept for the next ones. None outlives the pool, not even one that somebody was reading from: it
 * would keep the process, until the server or a time-out ends it.
 */
import type { AccessOptions } from 'basic-ftp';
import { Client } from 'basic-ftp';
import { StorageError } from '../errors.js';
import { passiveMode } from './passive-mode.js';
import { replyCode } from './reply-code.js';

const keep = 4;

export interface Login {
  readonly client: Client;
  /** The folder in which the login begins, without a slash at its end. */
  readonly home: string;
  /** False once the server has said that it does not know SIZE. */
  knowsSize?: boolean;
}

export class FtpPool {
  readonly #access: AccessOptions;
  readonly #timeoutSeconds: number;
  readonly #idle: Login[] = [];
  /** All that are open or about to be. */
  readonly #clients = new Set<Client>();
  #isClosed = false;

  constructor(access: AccessOptions, timeoutSeconds: number) {
    this.#access = access;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Runs `use` with a connection. It is kept when `use` succeeds, or fails with an answer of the server;
   * anything else may have left it in the middle of something. The signal closes it.
   */
  async with<T>(signal: AbortSignal | undefined, use: (login: Login) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const login = await this.take();
    const abort = (): void => {
      login.client.close();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const result = await use(login);
      this.give(login);
      return result;
    } catch (error) {
      if (replyCode(error) === undefined) this.drop(login);
      else this.give(login);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async take(): Promise<Login> {
    if (this.#isClosed) throw new StorageError('STORAGE', 'The connection was closed');
    for (let login = this.#idle.pop(); login !== undefined; login = this.#idle.pop()) {
      if (!login.client.closed) return login;
      this.drop(login);
    }
    const client = new Client(this.#timeoutSeconds * 1000);
    client.prepareTransfer = passiveMode();
    this.#clients.add(client);
    try {
      await client.access(this.#access);
      const home = await client.pwd();
      return { client, home: home.replace(/\/+$/, '') };
    } catch (error) {
      this.drop({ client });
      throw error;
    }
  }

  /** Takes back one that can be used again. */
  give(login: Login): void {
    const isKept = !login.client.closed && this.#idle.length < keep;
    if (isKept) this.#idle.push(login);
    else this.drop(login);
  }

  /** Closes one that cannot. */
  drop({ client }: Pick<Login, 'client'>): void {
    this.#clients.delete(client);
    client.close();
  }

  /** Whoever still uses a connection has an error. Waits for no answer of the server. */
  close(): void {
    this.#isClosed = true;
    this.#idle.length = 0;
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }
}
