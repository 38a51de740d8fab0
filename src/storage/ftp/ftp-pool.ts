/**
 * Logged-in FTP connections. Each carries one transfer at a time, so there are as many as transfers run;
 * some are kept for the next ones.
 */
import type { AccessOptions } from 'basic-ftp';
import { Client } from 'basic-ftp';
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
      if (replyCode(error) === undefined) login.client.close();
      else this.give(login);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async take(): Promise<Login> {
    for (let login = this.#idle.pop(); login !== undefined; login = this.#idle.pop()) {
      if (!login.client.closed) return login;
    }
    const client = new Client(this.#timeoutSeconds * 1000);
    client.prepareTransfer = passiveMode();
    try {
      await client.access(this.#access);
      const home = await client.pwd();
      return { client, home: home.replace(/\/+$/, '') };
    } catch (error) {
      client.close();
      throw error;
    }
  }

  give(login: Login): void {
    if (login.client.closed) return;
    if (this.#idle.length < keep) this.#idle.push(login);
    else login.client.close();
  }

  close(): void {
    for (const { client } of this.#idle.splice(0)) client.close();
  }
}
