/** A mount lives through an outage of its storage: metadata always works, reads wait, fail, and work again. */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { canMakeChains, differences, folderName } from '../support/chains.js';
import { growingTree } from '../support/growing-tree.js';
import type { GrowingTree } from '../support/growing-tree.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import type { Mounted } from '../support/mounted.js';
import { s3, sftp } from '../support/places.js';
import type { Place } from '../support/places.js';
import { duplifs, runOk } from '../support/run.js';

const run = promisify(execFile);
const env = { PASSPHRASE: 'the passphrase of this test' };

const kinds = [
  { service: 's3-swift', placeOn: (_: string, server: Service) => Promise.resolve(s3(server)) },
  { service: 'sftp', placeOn: sftp },
] as const;
const outages = [
  {
    title: 'is down',
    begin: (server: Service) => server.stop(),
    end: (server: Service) => server.start(),
  },
  {
    title: 'does not answer any more',
    begin: (server: Service) => server.signal('SIGSTOP'),
    end: (server: Service) => server.signal('SIGCONT'),
  },
] as const;

describe.runIf(servicesHere && canMount && canMakeChains).each(kinds)(
  'a mount whose $service server',
  ({ service, placeOn }) => {
    let server: Service;
    let tree: GrowingTree;
    let folder: string;
    let place: Place;
    beforeAll(async () => {
      server = await Service.start(service);
      tree = await growingTree();
      folder = await mkdtemp(join(inject('runFolder'), 'outage-'));
      place = await placeOn(folder, server);
      await backUp(folder, place, tree);
    });
    afterAll(async () => {
      await server.remove();
    });

    it.each(outages)(
      '$title shows everything but what it has to fetch, and all of it afterwards',
      { timeout: 120_000 },
      async ({ begin, end }) => {
        const args = [...place.args, '--read-timeout', '3', '--timeout', '2', '-v5'];
        const spec = { url: place.url, args, env: { ...place.env, ...env } };
        await withMount(spec, async (mounted) => {
          const latest = mounted.at('snapshots', folderName(tree.times[0] ?? 0));
          const before = await readInOther(join(latest, 'text/notes.txt'));
          await begin(server);
          try {
            await outage(mounted, latest);
          } finally {
            await end(server);
          }
          expect(await readInOther(join(latest, 'text/notes.txt'))).toBe(before);
          expect(await differences(tree.recordings[0] ?? '', latest)).toEqual([]);
        });
      },
    );
  },
);

async function outage(mounted: Mounted, latest: string): Promise<void> {
  const started = performance.now();
  // never read: its bytes have to come from the storage
  const reading = readInOther(join(latest, 'big/image.bin'));
  const failed = expect(reading).rejects.toThrow('Input/output error');
  // meanwhile, and in no more than a moment
  const walked = performance.now();
  const listing = await runOk('ls', ['-lR', latest]);
  expect(listing).toContain('image.bin');
  await runOk('stat', [join(latest, 'big/image.bin')]);
  await runOk('df', [mounted.mountpoint]);
  expect(performance.now() - walked).toBeLessThan(2500);
  await failed;
  const seconds = (performance.now() - started) / 1000;
  expect(seconds).toBeGreaterThan(2.5);
  expect(seconds).toBeLessThan(20);
  expect(mounted.isRunning).toBe(true);
  expect(mounted.log).toContain('Try 1 failed');
}

async function backUp(folder: string, place: Place, tree: GrowingTree): Promise<void> {
  const source = join(folder, 'source');
  await tree.become(source, 0);
  const { status, stderr } = await duplifs(
    [
      ...['backup', '--volsize', '1', '--current-time', String(tree.times[0])],
      ...[...place.args, source, place.url],
    ],
    { env: { ...place.env, ...env } },
  );
  expect(status, stderr).toBe(0);
}

/** The digest of a file, read by another process: this one must not wait for a mount. */
async function readInOther(path: string): Promise<string> {
  const { stdout } = await run('sha256sum', [path]);
  return stdout.split(' ')[0] ?? '';
}
