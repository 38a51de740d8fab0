/**
 * CAST5, Blowfish and IDEA: OpenSSL 3 keeps them in its "legacy" provider, which Node.js loads at its start or
 * not at all. So a second Node.js decrypts, as a pipe. gpg 1.4 and 2.0 took CAST5 for every passphrase, and
 * there are chains from then.
 */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { UnsupportedError } from './message-error.js';
import { untilWritable } from './until-writable.js';

/** What the other process runs: the key comes on descriptor 3, for argv is seen by everybody. */
const program = `
const { createDecipheriv } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { cipher, key, iv } = JSON.parse(readFileSync(3, 'utf8'));
const bytes = (hex) => Buffer.from(hex, 'hex');
process.stdin.pipe(createDecipheriv(cipher, bytes(key), bytes(iv))).pipe(process.stdout);
`;

/** Decrypts a stream with `cipher`, an OpenSSL name. An UnsupportedError when OpenSSL does not have it. */
export async function* decryptWithOldCipher(
  source: AsyncIterable<Buffer>,
  cipher: string,
  key: Buffer,
  iv: Buffer,
): AsyncGenerator<Buffer, void, void> {
  const child = spawn(process.execPath, ['--openssl-legacy-provider', '-e', program], {
    stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
    env: {},
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', () => {
      resolve(null);
    });
    child.once('close', resolve);
  });
  const [stdin, stdout, , secret] = child.stdio as unknown as [Writable, Readable, null, Writable];
  // That the process ended too early is told by its exit code.
  for (const pipe of [stdin, secret]) pipe.on('error', () => undefined);
  secret.end(JSON.stringify({ cipher, key: key.toString('hex'), iv: iv.toString('hex') }));
  const feeding = feed(source, stdin).then(
    () => undefined,
    (error: unknown) => {
      child.kill();
      return { error };
    },
  );
  try {
    for await (const piece of stdout) yield piece as Buffer;
    const failed = await feeding;
    if (failed) throw failed.error;
    if ((await exit) !== 0) {
      throw new UnsupportedError(
        `its cipher "${cipher}" needs a Node.js whose OpenSSL has the legacy provider`,
      );
    }
  } finally {
    child.kill();
    await feeding;
  }
}

async function feed(source: AsyncIterable<Buffer>, stdin: Writable): Promise<void> {
  for await (const piece of source) {
    if (stdin.destroyed) return;
    if (!stdin.write(piece)) await untilWritable(stdin);
  }
  stdin.end();
}
