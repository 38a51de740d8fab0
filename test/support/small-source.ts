/** What tests of runs that are stopped back up. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noise } from './noise.js';

/** Makes a source of some 10 MB; `args` are a backup's, with volumes of 1 MiB and an archive dir of its own. */
export async function smallSource(folder: string) {
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await mkdir(join(source, 'sub'), { recursive: true });
  await writeFile(join(source, 'big'), noise(6_000_000));
  await writeFile(join(source, 'sub', 'late'), noise(2_000_000));
  for (let i = 0; i < 20; i += 1) await writeFile(join(source, `file-${i}`), noise(i * 10_000));
  const archive = join(folder, 'archive');
  const args = ['--no-encryption', '--volsize', '1', '--archive-dir', archive];
  return { source, target, archive, args: [...args, source, `file://${target}`] };
}
