/** What commands ask of an S3 server, counted between them and the server: requests are money and time. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { S3Proxy } from '../storage/s3-proxy.js';
import { canMakeChains } from '../support/chains.js';
import { growingTree } from '../support/growing-tree.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { s3 } from '../support/places.js';
import type { Place } from '../support/places.js';
import { duplifs, runOk } from '../support/run.js';

const passphrase = { PASSPHRASE: 'the passphrase of this test' };
const file = 'many/3/file-013';

describe.runIf(servicesHere && canMount && canMakeChains)('on S3', () => {
  const proxy = { current: undefined as S3Proxy | undefined };
  let swift: Service;
  let folder: string;
  let place: Place;
  const env = (): Record<string, string> => ({ ...place.env, ...passphrase });

  beforeAll(async () => {
    swift = await Service.start('s3-swift');
    proxy.current = new S3Proxy(swift.get('ENDPOINT'));
    place = s3(swift, await proxy.current.start());
    folder = await mkdtemp(join(inject('runFolder'), 'requests-'));
    const tree = await growingTree();
    const source = join(folder, 'source');
    await tree.become(source, 0);
    const { storage } = await backup('full', tree.times[0], source);
    expect(storage).toMatchObject({ lists: 1, reads: 0, retries: 0 });
    expect(actions('s3:PutObject')).toBe(storage['writes']);
    expect(storage['bytesWritten']).toBeGreaterThan(5_000_000);
  });
  afterAll(async () => {
    await proxy.current?.stop();
    await swift.remove();
  });

  /** How many requests there were since the last call, all or those that need a permission. */
  const actions = (kind?: string): number =>
    proxy.current?.actions.filter((action) => kind === undefined || action === kind).length ?? 0;
  const counted = async (work: () => Promise<unknown>): Promise<number> => {
    if (proxy.current !== undefined) proxy.current.actions.length = 0;
    await work();
    return actions();
  };
  async function backup(
    verb: string,
    time: number | undefined,
    source: string,
  ): Promise<{ storage: Record<string, number> }> {
    const own = ['--archive-dir', join(folder, 'archive'), '--volsize', '1', '--json'];
    const args = [verb, ...own, '--current-time', String(time), ...place.args, source, place.url];
    const { status, stdout, stderr } = await duplifs(args, { env: env() });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout) as { storage: Record<string, number> };
  }
  const restoreOne = async (cache: string, target: string): Promise<string> => {
    const own = ['--archive-dir', join(folder, cache), '--path-to-restore', file, '-v8'];
    const args = ['restore', ...own, ...place.args, place.url, join(folder, target)];
    const { status, stderr } = await duplifs(args, { env: env() });
    expect(status, stderr).toBe(0);
    return stderr;
  };
  const wanted = (): Promise<string> => runOk('cat', [join(folder, 'source', file)]);

  it('one small file of a full backup is restored by four requests, on a machine that knows nothing', async () => {
    expect(await counted(() => restoreOne('fresh', 'first'))).toBe(4);
    expect(await runOk('cat', [join(folder, 'first')])).toBe(await wanted());
  });

  it('it is restored by four where the catalog is there, and none of them fetches a volume', async () => {
    let said = '';
    // one of them is the manifest, which proves the keys before anything is written
    expect(await counted(async () => (said = await restoreOne('fresh', 'second')))).toBe(4);
    // it used to: the header of a volume was asked for in part, which was never enough to open it
    const bytes = Number(/ (\d+) bytes read/.exec(said)?.[1]);
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThan(150_000);
    expect(said).toContain('Storage: 4 requests (1 lists, 3 reads)');
  });

  it('a mount and the first read in it take four requests, and looking around takes no more', async () => {
    const requests = await counted(() =>
      withMount({ url: place.url, args: place.args, env: env() }, async (mounted) => {
        // the first look reads the index
        await runOk('ls', [`${mounted.at('latest')}/`]);
        const before = actions();
        expect(await runOk('ls', ['-lR', `${mounted.at('latest')}/`])).toContain('image.bin');
        expect(actions()).toBe(before);
        expect(await runOk('cat', [mounted.at('latest', file)])).toBe(await wanted());
      }),
    );
    expect(requests).toBe(4);
  });

  it.each([
    ['collection-status', []],
    ['list-current-files', []],
    ['verify', ['source']],
    ['restore', ['all']],
  ])('%s lists once, and says with -v8 what it asked for', async (command, targets) => {
    const paths = targets.map((name) => join(folder, name));
    const args = [command, '-v8', ...place.args, place.url, ...paths];
    let said = '';
    await counted(async () => (said = (await duplifs(args, { env: env() })).stderr));
    expect(actions('s3:ListBucket')).toBe(1);
    expect(said).toMatch(/Storage: \d+ requests \(1 lists, \d+ reads\), \d+ bytes read, 0 bytes/);
    const quiet = await duplifs([command, ...place.args, place.url, ...paths], { env: env() });
    expect(quiet.stderr).not.toContain('Storage:');
  });

  it('two requests more are made for each incremental that was never seen', async () => {
    const tree = await growingTree();
    const source = join(folder, 'source');
    await tree.become(source, 1);
    await backup('incremental', tree.times[1], source);
    expect(await counted(() => restoreOne('fresh-two', 'third'))).toBe(6);
  });
});
