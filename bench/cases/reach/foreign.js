/** Volumes that duplicity wrote: one small file after the first mount, and the first read of a large one. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { withMount } from '../../support/mount.js';
import { runScript } from '../../support/process.js';
import { remoteMount } from '../../support/remote.js';
import { inScratch } from '../../support/scratch.js';
import { duplicity, duplifs, duplifsWords, chainOf, passphrase } from '../../support/tools.js';
import { timed } from '../../support/timed.js';

/** @param {import('../../run.js').Context} context */
export async function foreignFile({ backupOf, source }) {
  const place = await backupOf(duplicity, 'tree');
  const tree = await source('tree');
  const { stdout } = await runScript(`cd '${tree}' && find . -name '*.txt' -size -8 | sort`);
  const paths = stdout.trim().split('\n');
  const [first, second] = paths.slice(paths.length >> 1);
  return inScratch('archive', async (archive) => {
    const read = (path) => async () =>
      remoteMount(place, archive, async ({ top }) => {
        await runScript(`cmp '${join(top, 'latest', path)}' '${join(tree, path)}'`);
      });
    const targets = [
      { metric: 'fetchedBytes', atMost: 512 * 1024 },
      { metric: 'requests', atMost: 5 },
    ];
    return [
      await contest(
        "small file in duplicity's chain",
        {
          'first mount': read(first),
          duplifs: read(second),
          'the same file': read(first),
        },
        {
          runs: 1,
          warmUp: false,
          targets: [...targets, ...targets.map((target) => ({ ...target, of: 'the same file' }))],
        },
      ),
    ];
  });
}

/**
 * Each run by a machine that has seen nothing of the backup; both programs read the same volumes from the same disk.
 *
 * @param {import('../../run.js').Context} context
 */
export async function foreignLargeFile({ backupOf, source, runs }) {
  const place = await backupOf(duplicity, 'large');
  const file = join(await source('large'), 'large.bin');
  return inScratch('archive', async (scratch) => {
    const gpg =
      `gpg --batch --quiet --no-options --homedir '${scratch}' --pinentry-mode loopback ` +
      `--passphrase '${passphrase}' --decrypt`;
    const contestants = {
      duplifs: async () => {
        const archive = await mkdtemp(join(scratch, 'run-'));
        const mountCommand = (_place, mountpoint) => [
          ...duplifsWords,
          'mount',
          ...['--archive-dir', archive, chainOf(place), mountpoint],
        ];
        return withMount({ ...duplifs, mountCommand }, place, async ({ server, tree }) => {
          await runScript(`ls '${tree}'`);
          const sample = await timed(server, `cmp '${join(tree, 'large.bin')}' '${file}'`);
          return { ...sample, cpuSeconds: sample.serverCpuSeconds };
        });
      },
      gpg: async () => {
        const { seconds, cpuSeconds } = await runScript(
          `for volume in '${join(place, 'chain')}'/*.difftar.gpg; do ${gpg} "$volume" >/dev/null 2>&1 || exit; done`,
        );
        return { seconds, cpuSeconds };
      },
    };
    const targets = [{ metric: 'cpuSeconds', against: 'gpg', atMost: 0.7 }];
    return [
      await contest("first read of a large file of duplicity's", contestants, { runs, targets }),
    ];
  });
}
