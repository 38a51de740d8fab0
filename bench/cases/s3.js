/**
 * A full backup to an S3 server on loopback beside the same to a local folder, and what it takes to restore one small file
 * from there on a machine that has never seen the backup.
 */
import { join } from 'node:path';
import { contest } from '../support/contest.js';
import { runScript } from '../support/process.js';
import { withS3Server } from '../support/s3-server.js';
import { inScratch } from '../support/scratch.js';
import { duplifs, duplifsCommand } from '../support/tools.js';

/** @param {import('../run.js').Context} context */
export async function s3({ source, runs }) {
  const folder = await source('tree');
  return withS3Server(async (server) => {
    const env = { ...duplifs.env(''), ...server.env };
    let count = 0;
    const nextPrefix = () => `s3://${server.bucket}/run-${(count += 1)}`;
    const full = async (url, scratch) =>
      runScript(`${duplifsCommand} full ${server.args} ${archive(scratch)} '${folder}' '${url}'`, {
        env,
      });
    const written = await contest(
      'full backup to S3',
      {
        duplifs: () =>
          inScratch('s3-run', async (scratch) => sample(await full(nextPrefix(), scratch))),
        local: () =>
          inScratch('s3-run', async (scratch) =>
            sample(await full(`file://${scratch}/chain`, scratch)),
          ),
      },
      { runs, targets: [{ metric: 'seconds', against: 'local', atMost: 1.2 }] },
    );
    const url = nextPrefix();
    await inScratch('s3-run', (scratch) => full(url, scratch));
    const { stdout: path } = await runScript(
      `cd '${folder}' && find . -name '*.txt' -size -8 | sort | sed -n '1000s/^..//p'`,
    );
    const read = await contest(
      'one small file from S3, nothing cached',
      {
        duplifs: () =>
          inScratch('s3-run', async (scratch) => {
            const restored = join(scratch, 'file');
            const { seconds, cpuSeconds, stdout } = await runScript(
              `${duplifsCommand} restore -v8 ${server.args} ${archive(scratch)} ` +
                `--path-to-restore '${path.trim()}' '${url}' '${restored}' 2>&1 && ` +
                `cmp '${restored}' '${join(folder, path.trim())}'`,
              { env },
            );
            const requests = Number(/(\d+) requests/.exec(stdout)?.[1]);
            return { seconds, clientCpuSeconds: cpuSeconds, requests };
          }),
      },
      { runs, targets: [{ metric: 'requests', atMost: 4 }] },
    );
    return [written, read];
  });
}

const archive = (scratch) => `--archive-dir '${join(scratch, 'archive')}'`;

function sample({ seconds, cpuSeconds }) {
  return { seconds, clientCpuSeconds: cpuSeconds };
}
