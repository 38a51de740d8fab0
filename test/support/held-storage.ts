/** An S3 server over one folder, which holds back the bytes of files when a test says so. */
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What duplifs needs to get there. */
export interface HeldPlace {
  readonly url: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Hold {
  readonly name: RegExp;
  readonly reached: () => void;
}

export class HeldStorage {
  readonly #folder: string;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  #hold: Hold | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(folder: string): Promise<HeldStorage> {
    const storage = new HeldStorage(folder);
    storage.#server.listen(0, '127.0.0.1');
    await once(storage.#server, 'listening');
    return storage;
  }

  get place(): HeldPlace {
    const { port } = this.#server.address() as AddressInfo;
    return {
      url: 's3://bucket',
      args: ['--s3-endpoint-url', `http://127.0.0.1:${port}`],
      env: { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' },
    };
  }

  /** From now on reads of files of such names get no answer; resolves when one is waiting. */
  async hold(name: RegExp): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#hold = { name, reached: resolve };
    });
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const name = decodeURIComponent(pathname.replace('/bucket/', ''));
    if (searchParams.has('list-type')) response.end(await this.#list());
    else if (this.#hold?.name.test(name) === true) this.#hold.reached();
    else sendRange(response, await readFile(join(this.#folder, name)), request.headers.range);
  }

  async #list(): Promise<string> {
    const names = await readdir(this.#folder);
    const contents = names.map(async (name) => {
      const { size, mtime } = await stat(join(this.#folder, name));
      const modified = `<LastModified>${mtime.toISOString()}</LastModified>`;
      return `<Contents><Key>${name}</Key><Size>${size}</Size>${modified}</Contents>`;
    });
    const listed = (await Promise.all(contents)).join('');
    return `<ListBucketResult><IsTruncated>false</IsTruncated>${listed}</ListBucketResult>`;
  }
}

function sendRange(response: ServerResponse, bytes: Buffer, range: string | undefined): void {
  const [, first, last] = /bytes=(\d+)-(\d*)/.exec(range ?? '') ?? [];
  if (first === undefined) {
    response.end(bytes);
    return;
  }
  const wanted = last === undefined || last === '' ? bytes.length : Number(last) + 1;
  const end = Math.min(wanted, bytes.length);
  response.writeHead(206, { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` });
  response.end(bytes.subarray(Number(first), end));
}
