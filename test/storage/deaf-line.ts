/** A line to an FTP server on which "QUIT" gets lost: the server never answers it, and never ends the connection. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

export interface DeafLine {
  readonly port: number;
  /** How often it has swallowed a QUIT. */
  readonly quits: () => number;
  readonly stop: () => void;
}

/** To the control port of a server on this machine; data connections go past it. */
export async function deafLine(serverPort: number): Promise<DeafLine> {
  let quits = 0;
  const sockets = new Set<Socket>();
  // half open: the end of one side is not that of the other
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    const withoutQuit = new Transform({
      transform(chunk: Buffer, _, done) {
        const isQuit = chunk.toString('latin1') === 'QUIT\r\n';
        if (isQuit) quits += 1;
        done(null, isQuit ? undefined : chunk);
      },
    });
    client.pipe(withoutQuit).pipe(upstream, { end: false });
    upstream.pipe(client, { end: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    quits: () => quits,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
