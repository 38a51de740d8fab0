/**
 * From exec to the first folder listed, when nothing of it is in the page cache: the repository, the program's
 * caches, and the program itself, which is a copy, for pages that another process has mapped cannot be dropped.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contest } from '../../support/contest.js';
import { withMount } from '../../support/mount.js';
import { runScript } from '../../support/process.js';
import { inScratch } from '../../support/scratch.js';
import { duplifs, duplifsWords, restic } from '../../support/tools.js';

/** Tells the kernel to drop the pages of every file below some folders. */
const dropPages = `
import os, sys
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path): continue
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
`;

/** @param {import('../../run.js').Context} context */
export async function coldReady({ tools, place, runs }) {
  return inScratch('programs', async (scratch) => {
    const copies = {
      duplifs: await copyOfDuplifs(join(scratch, 'duplifs')),
      restic: tools.includes(restic) ? await copyOfRestic(join(scratch, 'restic')) : undefined,
    };
    const contestants = Object.fromEntries(
      [duplifs, restic]
        .filter((tool) => copies[tool.name] !== undefined)
        .map((tool) => {
          const { folder, words } = copies[tool.name];
          const usual = tool.name === 'duplifs' ? duplifsWords.length : 1;
          const mountCommand = (at, mountpoint) => [
            ...words,
            ...tool.mountCommand(at, mountpoint).slice(usual),
          ];
          return [
            tool.name,
            async () => ready({ ...tool, mountCommand }, await place(tool, 'tree'), folder),
          ];
        }),
    );
    return [
      await contest('mount and first ls, cold page cache', contestants, {
        runs,
        targets: [{ metric: 'seconds', against: 'restic', atMost: 0.2 }],
      }),
    ];
  });
}

async function ready(tool, place, program) {
  await runScript(`python3 -c '${dropPages}' '${place}' '${program}'`);
  const started = process.hrtime.bigint();
  return withMount(tool, place, async ({ server, tree }) => {
    await runScript(`ls '${tree}'`);
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    return { seconds, cpuSeconds: server.cpuSeconds(), peakMegabytes: server.peakMegabytes() };
  });
}

async function copyOfDuplifs(folder) {
  const [node, program] = duplifsWords;
  const root = dirname(dirname(program));
  await mkdir(folder);
  await cp(node, join(folder, 'node'));
  for (const part of ['bin', 'dist', 'package.json', ...(await libraries(root))]) {
    await cp(join(root, part), join(folder, part), { recursive: true, verbatimSymlinks: true });
  }
  return { folder, words: [join(folder, 'node'), join(folder, 'bin', 'duplifs.js')] };
}

/** The folders of all packages that the program needs when it runs, those of packages within packages left out. */
async function libraries(root) {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)));
}

async function copyOfRestic(folder) {
  const { stdout } = await runScript('command -v restic');
  await mkdir(folder);
  await cp(stdout.trim(), join(folder, 'restic'));
  return { folder, words: [join(folder, 'restic')] };
}
