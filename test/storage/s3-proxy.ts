/** A proxy before an S3 server, which notes what is asked of it and can cut answers off. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export class S3Proxy {
  /** The IAM actions that the requests need, in order. */
  readonly actions: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** The next answers to GETs of objects end after so many bytes, with the connection. */
  readonly cuts: number[] = [];
  /** Answers with that status and error code in place of the server. */
  readonly faults: { readonly status: number; readonly code: string; readonly method: string }[] =
    [];
  readonly #server = createServer((incoming, outgoing) => {
    this.#pass(incoming, outgoing);
  });
  readonly #target: URL;

  constructor(endpoint: string) {
    this.#target = new URL(endpoint);
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const action = actionOf(incoming);
    this.actions.push(action);
    this.headers.push(incoming.headers);
    const fault = this.faults[0];
    if (fault !== undefined && fault.method === incoming.method) {
      this.faults.shift();
      incoming.resume();
      outgoing.writeHead(fault.status, { 'content-type': 'application/xml' });
      outgoing.end(`<Error><Code>${fault.code}</Code><Message>Injected</Message></Error>`);
      return;
    }
    const { hostname, port } = this.#target;
    const { method, url, headers } = incoming;
    const upstream = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      const cut = action === 's3:GetObject' ? this.cuts.shift() : undefined;
      if (cut === undefined) answer.pipe(outgoing);
      else cutAfter(answer, outgoing, cut);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }
}

function cutAfter(answer: IncomingMessage, outgoing: ServerResponse, bytes: number): void {
  let left = bytes;
  answer.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    outgoing.write(chunk.subarray(0, left), () => {
      if (left <= 0) outgoing.destroy();
    });
    left -= chunk.length;
  });
}

/** Which permission a request needs (IAM, "Actions, resources, and condition keys for Amazon S3"). */
function actionOf({ method, url }: IncomingMessage): string {
  const { searchParams } = new URL(url ?? '', 'http://x');
  if (method === 'GET') return searchParams.has('list-type') ? 's3:ListBucket' : 's3:GetObject';
  if (method === 'PUT' || method === 'POST') return 's3:PutObject';
  if (method !== 'DELETE') return `? ${method ?? ''}`;
  return searchParams.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject';
}
