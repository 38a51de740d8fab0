/**
 * The little of `fetch` that is needed here, over node:http. What the webdav library brings itself unpacks
 * answers that a server labels as compressed (as Apache does with every .gz), follows redirects and has
 * no time-outs.
 */
import type { IncomingMessage, RequestOptions, Agent as HttpAgent } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DuplifsError } from '../base/index.js';

export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readable | string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly agent?: (url: URL) => HttpAgent | HttpsAgent;
}

/** Far more than the listing of a million files. */
const maxTextBytes = 1024 * 1024 * 1024;

export class HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly url: string;
  /** To be consumed or destroyed. */
  readonly body: IncomingMessage;

  constructor(message: IncomingMessage, url: string) {
    this.body = message;
    this.status = message.statusCode ?? 0;
    this.statusText = message.statusMessage ?? '';
    this.ok = this.status >= 200 && this.status < 300;
    this.url = url;
  }

  readonly headers = {
    get: (name: string): string | null => {
      const value = this.body.headers[name.toLowerCase()];
      return value === undefined ? null : String(value);
    },
    forEach: (callback: (value: string, key: string) => void): void => {
      for (const [key, value] of Object.entries(this.body.headers)) callback(String(value), key);
    },
  };

  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxTextBytes) {
        throw new DuplifsError('DAMAGED', `The answer of "${this.url}" is absurdly large`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** `idleSeconds` is how long a connection may rest before the answer begins. */
export async function httpFetch(
  url: string,
  options: FetchOptions,
  idleSeconds: number,
): Promise<HttpResponse> {
  const { body, signal } = options;
  const target = new URL(url);
  const settings: RequestOptions = {
    method: options.method,
    headers: { ...options.headers, 'Accept-Encoding': 'identity' },
    agent: options.agent === undefined ? undefined : options.agent(target),
    signal,
  };
  const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, settings);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  request.setTimeout(idleSeconds * 1000, () => {
    const error = new Error(`Nothing came or went for ${idleSeconds} seconds`);
    request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  });
  const sent =
    body instanceof Readable
      ? pipeline(body, request)
      : Promise.resolve(void request.end(body ?? undefined));
  // a server may answer, with an error, before it has read the body
  const message = await Promise.race([answer, sent.then(() => answer)]);
  sent.catch(() => undefined);
  request.setTimeout(0);
  return new HttpResponse(message, url);
}
