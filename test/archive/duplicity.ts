/**
 * Chains made live by the installed duplicity from a small tree full of hard cases: one full and one
 * incremental, at fixed times.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

export const hasDuplicity = (() => {
  try {
    execFileSync('duplicity', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error('duplicity is not installed');
    return false;
  }
})();

export interface Chain {
  readonly source: string;
  /** Its files as they are on the storage, and, for gzip, unpacked. */
  files(pattern: RegExp): { name: string; bytes: Buffer }[];
  remove(): void;
}

const isRoot = process.getuid?.() === 0;

/** Makes a chain; `options` go to duplicity. PASSPHRASE is "test". */
export function makeChain(options: readonly string[]): Chain {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'duplifs-archive-'));
  const at = (name: string): string => path.join(home, name);
  fs.mkdirSync(at('source'));
  fs.mkdirSync(at('gnupg'), { mode: 0o700 });
  const run = (seconds: number): void => {
    execFileSync(
      'duplicity',
      [
        ...['--archive-dir', at('cache'), '--current-time', String(seconds), '--volsize', '1'],
        ...['--allow-source-mismatch', ...options, at('source'), `file://${at('target')}`],
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, PASSPHRASE: 'test', GNUPGHOME: at('gnupg') },
      },
    );
  };
  try {
    firstTree(at('source'));
    run(1_700_000_000);
    secondTree(at('source'));
    run(1_700_086_400);
  } catch (error) {
    fs.rmSync(home, { recursive: true, force: true });
    throw error;
  }
  return {
    source: at('source'),
    files: (pattern) =>
      fs
        .readdirSync(at('target'))
        .filter((name) => pattern.test(name))
        .sort()
        .map((name) => {
          const stored = fs.readFileSync(path.join(at('target'), name));
          return { name, bytes: name.endsWith('.gz') ? gunzipSync(stored) : stored };
        }),
    remove: () => {
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A path below `root`, of bytes. */
function below(root: string, name: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
}

function write(root: string, name: string | Buffer, data: string | Buffer): void {
  fs.writeFileSync(below(root, name), data);
  fs.utimesSync(below(root, name), 1_690_000_000, 1_690_000_000);
}

/** Bytes that do not compress, the same at each run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

function firstTree(root: string): void {
  for (const folder of ['names', 'sizes', 'links', 'gone']) fs.mkdirSync(`${root}/${folder}`);
  fs.mkdirSync(below(root, Buffer.from('names/\xff\xfe-dir', 'latin1')));
  const long = 'deep/' + 'level-of-some-length/'.repeat(12);
  fs.mkdirSync(`${root}/${long}`, { recursive: true });
  write(root, `${long}leaf`, 'deep\n');
  const names = ['plain', 'with space', 'tab\there', 'new\nline', `quote'"`, 'back\\slash', 'ünï'];
  for (const name of [...names, '日本語', '😀', 'a'.repeat(87), 'a'.repeat(88), 'ц'.repeat(120)]) {
    write(root, `names/${name}`, name);
  }
  write(root, Buffer.from('names/caf\xe9', 'latin1'), 'not UTF-8\n');
  write(root, Buffer.from('names/\xff\xfe-dir/inner', 'latin1'), 'below\n');
  for (const size of [0, 1, 511, 512, 65535, 65536, 131072, 1_100_000]) {
    write(root, `sizes/${size}`, noise(size));
  }
  write(root, 'setuid', 'x');
  fs.chmodSync(`${root}/setuid`, 0o4755);
  write(root, 'far-future', 'x');
  fs.utimesSync(`${root}/far-future`, 10_413_792_000, 10_413_792_000);
  fs.symlinkSync('../sizes/1', `${root}/links/rel`);
  fs.symlinkSync('x'.repeat(300), `${root}/links/long`);
  fs.symlinkSync(Buffer.from('caf\xe9', 'latin1'), `${root}/links/latin1`);
  write(root, 'gone/later', 'x');
  execFileSync('mkfifo', [`${root}/fifo`]);
  if (!isRoot) return;
  execFileSync('mknod', [`${root}/null`, 'c', '1', '3']);
  execFileSync('mknod', [`${root}/loop`, 'b', '7', '0']);
  fs.chownSync(`${root}/setuid`, 3_000_000, 3_000_001);
}

function secondTree(root: string): void {
  const big = noise(1_100_000);
  noise(300_000).reverse().copy(big, 200_000);
  write(root, 'sizes/1100000', big);
  write(root, 'sizes/0', noise(70_000));
  write(root, 'sizes/65536', '');
  fs.utimesSync(`${root}/sizes/1100000`, 1_690_000_001, 1_690_000_001);
  fs.utimesSync(`${root}/sizes/0`, 1_690_000_001, 1_690_000_001);
  fs.utimesSync(`${root}/sizes/65536`, 1_690_000_001, 1_690_000_001);
  fs.utimesSync(`${root}/names/with space`, 1_690_000_002, 1_690_000_002);
  fs.rmSync(`${root}/gone`, { recursive: true });
  fs.rmSync(`${root}/links/rel`);
  write(root, 'links/rel', 'a file now\n');
}
