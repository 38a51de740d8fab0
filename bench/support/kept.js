/**
 * What takes long to make, made once and kept for later runs in a folder that is named by what it was made of.
 * DUPLIFS_BENCH_DIR says where; by default it is below the system's folder for temporary files.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = process.env.DUPLIFS_BENCH_DIR ?? join(tmpdir(), 'duplifs-bench');

/** The rooms that decide which bytes a backup by duplifs has. */
const writingRooms = ['archive', 'backup', 'deflate', 'librsync', 'openpgp', 'volume'];

/**
 * The folder that `make` has filled, now or in an earlier run.
 *
 * @param {string} name a part of the folder's name
 * @param {unknown} settings other ones make another folder
 * @param {(folder: string) => Promise<void>} make gets an empty folder
 * @returns {Promise<string>}
 */
export async function kept(name, settings, make) {
  const key = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
  const folder = join(root, `${name}-${key}`);
  if (existsSync(join(folder, 'done'))) return join(folder, 'data');
  process.stderr.write(`making ${name} …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
  await make(join(folder, 'data'));
  mkdirSync(join(folder, 'half'));
  renameSync(join(folder, 'half'), join(folder, 'done'));
  return join(folder, 'data');
}

/** Changes when the code does that writes backups, so that no chain of an older one is measured. */
export function writerDigest() {
  const hash = createHash('sha256');
  for (const room of writingRooms) {
    const folder = new URL(`../../dist/${room}/`, import.meta.url).pathname;
    const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
    for (const name of names.sort()) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}
