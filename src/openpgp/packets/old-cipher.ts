/**
 * CAST5, Blowfish and IDEA: OpenSSL 3 keeps them in its "legacy" provider, which Node.js loads at its start or
 * not at all. So a second Node.js decrypts, as a pipe. gpg 1.4 and 2.0 took CAST5 for every passphrase, and
 * there are chains from then.
 */
import type { Writable } from 'node:stream';

import { startProgram } from '../../base/index.js';
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
  const secret = { cipher, key: key.toString('hex'), iv: iv.toString('hex') };
  const args = ['--openssl-legacy-provider', '-e', program];
  const child = await startProgram(process.execPath, args, {
    startError: { code: 'KEY' },
    env: {},
    inheritEnv: false,
    stderr: 'discard',
    extraPipes: [{ kind: 'input', bytes: Buffer.from(JSON.stringify(secret)) }],
  });
  const feeding = feed(source, child.stdin).then(
    () => undefined,
    (error: unknown) => {
      child.kill();
      return { error };
    },
  );
  try {
    for await (const piece of child.stdout ?? []) yield piece as Buffer;
    const failed = await feeding;
    if (failed) throw failed.error;
    if ((await child.ended).exitCode !== 0) {
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
