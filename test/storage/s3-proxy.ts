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
  /** Keys that lie in the class GLACIER: listed so, and refused as Amazon does until they are restored. */
  archived: RegExp | undefined;
  /** The keys that were refused for that. */
  readonly refused: string[] = [];
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
    if (action === 's3:GetObject' && this.archived?.test(url ?? '') === true) {
      this.refused.push(decodeURIComponent(new URL(url ?? '', 'http://x').pathname));
      outgoing.writeHead(403, { 'content-type': 'application/xml' });
      outgoing.end(invalidObjectState);
      return;
    }
    const upstream = request({ hostname, port, method, path: url, headers }, (answer) => {
      const isList = action === 's3:ListBucket';
      if (isList) delete answer.headers['content-length']; // the page may become longer
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      const cut = action === 's3:GetObject' ? this.cuts.shift() : undefined;
      if (isList) void this.#list(answer, outgoing);
      else if (cut === undefined) answer.pipe(outgoing);
      else cutAfter(answer, outgoing, cut);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }

  /** A listing, with the class of what is archived. */
  async #list(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const page = (await answer.toArray()).join('');
    outgoing.end(
      page.replace(/<Contents>.*?<\/Contents>/gs, (entry) =>
        this.archived?.test(entry) === true
          ? entry.replace(/(<StorageClass>)[A-Z]+/, '$1GLACIER')
          : entry,
      ),
    );
  }
}

/** As Amazon has it in "Error responses" of the API reference. */
const invalidObjectState = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message><StorageClass>GLACIER</StorageClass></Error>`;

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
