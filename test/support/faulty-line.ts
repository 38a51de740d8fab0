/** A line to a server that goes wrong when it is told to: a proxy for TCP, with FTP's data connections too. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/**
 * vanish: connections are cut, and new ones are refused. freeze: nothing moves any more. drip: a byte a second moves in
 * each direction.
 */
export type LineFault = 'vanish' | 'freeze' | 'drip';

const dripMs = 1000;
/** 229 of EPSV (RFC 2428) names the port of FTP's next data connection. */
const dataPort = /\(\|\|\|([0-9]+)\|\)/;

export class FaultyLine {
  readonly #port: number;
  readonly #isFtp: boolean;
  readonly #servers = new Map<number, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  #fault: LineFault | undefined;
  #after = Number.POSITIVE_INFINITY;

  /** To a server on this machine. */
  constructor(port: number, options: { readonly isFtp?: boolean } = {}) {
    this.#port = port;
    this.#isFtp = options.isFtp ?? false;
  }

  /** The port to connect to. */
  async start(): Promise<number> {
    return this.#listen(this.#port, this.#isFtp);
  }

  /** From now on, once so many bytes more have moved. */
  breakDown(fault: LineFault, afterBytes = 0): void {
    this.#after = afterBytes;
    this.#fault = fault;
    if (afterBytes === 0) this.#strike();
  }

  /** All is well again, but for the connections that there were. */
  async mend(): Promise<void> {
    this.#fault = undefined;
    this.#after = Number.POSITIVE_INFINITY;
    for (const goOn of this.#waiting) goOn();
    this.#cut();
    const server = this.#servers.get(this.#port);
    const address = this.#address;
    if (server?.listening !== true && address !== undefined) {
      server?.listen(address.port, '127.0.0.1');
      if (server) await once(server, 'listening');
    }
  }

  async stop(): Promise<void> {
    await this.mend();
    for (const server of this.#servers.values()) server.close();
    this.#cut();
  }

  #address: AddressInfo | undefined;

  async #listen(port: number, isControl: boolean): Promise<number> {
    const server = createServer((client) => {
      this.#join(client, connect(port, '127.0.0.1'), isControl);
    });
    this.#servers.set(port, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    if (port === this.#port) this.#address = address;
    return address.port;
  }

  #join(client: Socket, upstream: Socket, isControl: boolean): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    void this.#carry(client, upstream, (chunk) => Promise.resolve(chunk));
    void this.#carry(upstream, client, (chunk) =>
      isControl ? this.#withOurPort(chunk) : Promise.resolve(chunk),
    );
  }

  async #carry(
    from: Socket,
    to: Socket,
    change: (chunk: Buffer) => Promise<Buffer>,
  ): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#move(await change(chunk), to);
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  async #move(chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const isBroken = this.#fault !== undefined && this.#after <= 0;
      if (isBroken && this.#fault === 'freeze') await this.#wait();
      if (isBroken && this.#fault === 'drip') await this.#wait(dripMs);
      const length = isBroken && this.#fault === 'drip' ? 1 : Math.min(chunk.length - at, 8192);
      if (!to.write(chunk.subarray(at, at + length))) await once(to, 'drain');
      at += length;
      const before = this.#after;
      this.#after -= length;
      if (before > 0 && this.#after <= 0) this.#strike();
    }
  }

  /** Until the line is mended, or for a time. */
  async #wait(ms?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(end, ms);
      const waiting = this.#waiting;
      waiting.add(end);
      function end(): void {
        clearTimeout(timer);
        waiting.delete(end);
        resolve();
      }
    });
  }

  #strike(): void {
    if (this.#fault !== 'vanish') return;
    for (const server of this.#servers.values()) server.close();
    this.#cut();
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #withOurPort(chunk: Buffer): Promise<Buffer> {
    const text = chunk.toString('latin1');
    const found = dataPort.exec(text);
    if (!text.startsWith('229') || found === null) return chunk;
    const port = await this.#listen(Number(found[1]), false);
    return Buffer.from(text.replace(dataPort, `(|||${port}|)`), 'latin1');
  }
}
